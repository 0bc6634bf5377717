"""Build the tables of the review, and sentences that go with them."""
