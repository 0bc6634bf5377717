"""Versions: what one says, what changed since the one before, and the site of them all."""
