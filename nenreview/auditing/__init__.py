"""Check the reported numbers by recomputing them from each other."""
