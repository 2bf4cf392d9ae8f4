"""The promised API, against the running service."""
