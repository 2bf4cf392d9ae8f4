"""Floor 5: the one sync algorithm that every accounting connector runs."""
