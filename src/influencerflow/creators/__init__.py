"""The catalogue: read, change, import."""
