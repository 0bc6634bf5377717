"""Read and compute the numbers of single trials."""
