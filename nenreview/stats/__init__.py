"""Statistics of single rates and of two rates, from well-kept libraries."""
