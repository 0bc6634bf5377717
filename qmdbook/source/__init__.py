"""Read chapters, and refuse syntax outside the supported subset of Quarto."""
