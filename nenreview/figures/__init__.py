"""Draw the figures of the review, with one module for each kind."""
