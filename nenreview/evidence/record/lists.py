"""Separator of the entries in a cell that holds several."""

LIST_SEPARATOR = " | "  # between two entries
