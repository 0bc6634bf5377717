"""Statistics from plain numbers: rates, two-by-two tables, percentages, durations and power."""
