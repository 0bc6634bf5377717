"""Compute statistics of one rate and of two rates."""
