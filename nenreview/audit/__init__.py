"""Compare what is printed with what can be recomputed."""
