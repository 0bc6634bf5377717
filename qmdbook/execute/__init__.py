"""Execute chapters, in forks of one process or in Jupyter kernels."""
