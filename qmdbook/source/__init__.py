"""Read chapters and notebooks, and hold them to the supported subset of Quarto."""
