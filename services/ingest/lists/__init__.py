"""Lists of everything that is here, for programs page by page and for people as files."""
