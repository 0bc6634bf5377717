"""What the trials say together: pools, contrasts, and how much hangs on choices.

All of it is post hoc; the choices of cohorts alone were written down before anything was pooled.
"""
