"""Meta-analysis of proportions: one rate from several trials, and what it leaves unsaid."""

from nenreview.meta.likelihood import FitError
from nenreview.meta.pool import pool_proportions
from nenreview.meta.pooled import PooledProportion

__all__ = ["FitError", "PooledProportion", "pool_proportions"]
