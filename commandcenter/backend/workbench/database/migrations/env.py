"""What Alembic runs for every command: the migrations, on the connection that the caller opened and will commit.

`workbench.database.migrate` is the only caller; there is no address to connect to by oneself, and no offline mode.
"""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()
