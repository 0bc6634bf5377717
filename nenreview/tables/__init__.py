"""Make the tables of the review."""
