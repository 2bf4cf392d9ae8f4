"""One module for each format that a table of text cells is written in."""
