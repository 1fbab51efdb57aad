"""Reads libraries without running them, to list what honest pickles of them name."""
