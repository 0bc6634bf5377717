"""Write pages, downloads, the search index and the PDF."""
