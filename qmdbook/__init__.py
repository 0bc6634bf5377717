"""Render a book of .qmd chapters without Quarto."""
