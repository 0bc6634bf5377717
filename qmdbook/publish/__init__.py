"""Render into the book's folder, serve it while it is written, run Quarto."""
