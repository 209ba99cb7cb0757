"""Migrate a ledger to the newest revision: `python -m oppleo_flow.store.migrate FILE`.

A process of its own, so that Alembic costs the runtime neither time nor memory.
"""

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from oppleo_flow.errors import StoreError
from oppleo_flow.store.database import in_words, sqlite_engine

MIGRATIONS = Path(__file__).with_name("migrations")


def alembic_config(engine: Engine) -> Config:
    """Return Alembic's configuration for the database that an engine leads to."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["engine"] = engine
    return config


def upgrade(engine: Engine, place: str) -> None:
    """Run every migration that the database has not had yet.

    Raises:
        StoreError: One of them failed; the ledger is as it was before that one.
    """
    with in_words(place):
        command.upgrade(alembic_config(engine), "head")


def main(arguments: list[str]) -> int:
    """Migrate the file that the one argument names; return the exit code."""
    path = Path(arguments[0])
    engine = sqlite_engine(path)
    try:
        upgrade(engine, str(path))
    except (StoreError, DBAPIError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        engine.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
