"""The built-in engine: Jupyter executes, Pandoc reads and writes, Typst makes the PDF."""
