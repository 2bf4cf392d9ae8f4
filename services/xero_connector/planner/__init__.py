"""Makes pay-period timesheets out of approved work: pure functions, everything they need comes in as an argument."""
