"""Check the data, the configuration and the chapters."""
