"""Execute chapters, in forked processes or in Jupyter kernels."""
