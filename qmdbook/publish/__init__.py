"""Render the book, serve it during writing, and run Quarto."""
