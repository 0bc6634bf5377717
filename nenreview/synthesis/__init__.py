"""Combine the trials: pools, comparisons, and how much they depend on choices.

All of it is post hoc; the choices of cohorts alone were written down before anything was pooled.
"""
