"""Release versions: their states, the changes between them, and their site."""
