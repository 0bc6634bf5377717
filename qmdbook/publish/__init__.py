"""Render the book, serve it while it is written, and run Quarto."""
