"""Keys of the four documents, as in ``data/sources.csv``."""

JIA = "jia2022"  # the sintilimab paper
LU = "lu2020"  # the toripalimab abstract
REVIEW = "review2023"  # the review's table of trials
MARKEY = "markey2017"  # the case series
