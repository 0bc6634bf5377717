"""Add a trial to the review, all files at once or none."""
