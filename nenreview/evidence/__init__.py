"""The evidence data: reading, checking and selecting what the sources print."""
