"""Honest objects of mainstream libraries, one file a family."""
