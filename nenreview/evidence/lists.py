"""Cells of the data that hold several entries."""

LIST_SEPARATOR = " | "  # between two entries
