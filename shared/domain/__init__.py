"""The rules of billing time: pure, no clock, no chance, no I/O."""
