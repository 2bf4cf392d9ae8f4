"""Accounts: who owns what, and who may call."""
