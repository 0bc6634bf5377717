"""Read, check and select the numbers that the documents report."""
