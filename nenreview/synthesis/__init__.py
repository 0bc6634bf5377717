"""Combine the trials: pooled response rates, comparisons, and sensitivity to analysis choices.

All analyses are post hoc; only the choice of cohorts was recorded before the pooling.
"""
