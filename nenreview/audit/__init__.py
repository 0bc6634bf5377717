"""Holding what is printed against what can be recomputed."""
