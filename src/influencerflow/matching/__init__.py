"""The use case: a brief in, ranked and explained creators out. Only this room sees retrieval and scoring together."""
