"""Alembic migrations. The first one also adopts a platform database that already has the guide's tables."""
