"""Adding a trial to the review and taking it out again, all files at once or none."""
