"""Read chapters, and reject syntax outside the supported subset of Quarto."""
