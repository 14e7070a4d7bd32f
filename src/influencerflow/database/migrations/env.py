"""Runs migrations on the connection that `database.migrate` hands over; it holds the lock and sets the time-outs."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
