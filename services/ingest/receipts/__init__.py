"""Receipts: the papers that prove an expense, sealed, shown with it, and erased with whoever spent."""
