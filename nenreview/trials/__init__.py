"""The numbers of single trials."""
