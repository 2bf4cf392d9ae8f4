"""Records: what was logged, in one form for every source, every version kept."""
