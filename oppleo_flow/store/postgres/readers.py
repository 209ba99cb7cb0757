"""Who may read a PostgreSQL database of ours, and nothing else."""

from sqlalchemy import Connection, text

_MAY = text("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
_IS_THERE = text("SELECT 1 FROM pg_roles WHERE rolname = :role")


def readers_of(schema: str) -> str:
    """Return the name of the role that may read a schema's tables and views."""
    return f"{schema}_read"


def let_readers_read(connection: Connection, schema: str) -> bool:
    """Make the role of those who only read, and grant it what there is; return whether it is there.

    A user who may not make roles leaves that to whoever may: once the role is there, the next
    migration grants.
    """
    role = readers_of(schema)
    if connection.scalar(_IS_THERE, {"role": role}) is None:
        if not connection.scalar(_MAY):
            return False
        connection.exec_driver_sql(f'CREATE ROLE "{role}" NOLOGIN')
    for grant in (
        f'GRANT USAGE ON SCHEMA "{schema}" TO "{role}"',
        f'GRANT SELECT ON ALL TABLES IN SCHEMA "{schema}" TO "{role}"',
        f'ALTER DEFAULT PRIVILEGES IN SCHEMA "{schema}" GRANT SELECT ON TABLES TO "{role}"',
    ):
        connection.exec_driver_sql(grant)
    return True
