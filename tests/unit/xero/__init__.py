"""The parts of the Xero connector that need no database and no network."""
