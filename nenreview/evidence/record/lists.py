"""Separate the entries of a cell that holds several."""

LIST_SEPARATOR = " | "  # between two entries
