"""Keeps approved work in step with the timesheets of Xero Payroll."""
