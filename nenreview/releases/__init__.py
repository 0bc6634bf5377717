"""Release versions of the review: record their results, compare them, publish them side by side."""
