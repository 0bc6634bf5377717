"""Read and check the record: the tables in ``data/`` and where they stand."""
