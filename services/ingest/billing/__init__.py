"""Approval, composing, allocations: how logged work becomes a frozen invoice, and stays one with the work."""
