"""Imports: a file on its way into records."""
