"""Filters, the dense run, and the planner that picks an exact scan or the HNSW index."""
