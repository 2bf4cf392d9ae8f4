"""What the books say of our invoices, followed from the connectors and shown beside them."""
