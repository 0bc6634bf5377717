"""Read the numbers of single trials, and compute from them."""
