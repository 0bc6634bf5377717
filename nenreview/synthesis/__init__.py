"""Combine the trials: pools, comparisons, and how much they depend on choices.

All analyses are post hoc; only the choice of cohorts was recorded before the pooling.
"""
