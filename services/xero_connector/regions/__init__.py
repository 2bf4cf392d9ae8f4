"""What each country's payroll takes, can do and says: one module per region, pure."""
