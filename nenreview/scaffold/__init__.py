"""Add a trial to the review: all of its files, or none."""
