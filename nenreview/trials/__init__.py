"""Read the numbers of single trials."""
