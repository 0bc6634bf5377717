"""The figures of the review, one module a kind."""
