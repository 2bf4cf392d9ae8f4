"""Measurements: `python -m bench.NAME --json` compares with a named peer in one run; the last line is the JSON."""
