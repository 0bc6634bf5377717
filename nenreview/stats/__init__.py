"""Statistics of one rate and of two rates."""
