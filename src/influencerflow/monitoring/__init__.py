"""Health, metrics, and figures for operators."""
