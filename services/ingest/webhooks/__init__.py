"""Webhooks out: who wants to hear of what, what happened, and telling them until they have heard it."""
