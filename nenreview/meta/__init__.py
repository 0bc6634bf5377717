"""Meta-analysis: pool the proportions of several trials."""

from nenreview.meta.likelihood import FitError
from nenreview.meta.pool import pool_proportions
from nenreview.meta.pooled_proportion import PooledProportion

__all__ = ["FitError", "PooledProportion", "pool_proportions"]
