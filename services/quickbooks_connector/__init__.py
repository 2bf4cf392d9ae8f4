"""QuickBooks Online: invoices out, what became of them back."""
