"""Run the migrations on the connection that `migrate` holds, inside its transaction."""

from alembic import context

from local_server.database.tables import metadata

# SQLite can't alter most of a table in place: Alembic copies it instead ("batch").
context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True
)
context.run_migrations()
