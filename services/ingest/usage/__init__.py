"""Calls, rows and documents of each key, counted for whoever bills them, and how many calls a key may make."""
