"""Migrate a ledger to the newest revision: `python -m oppleo_flow.store.migrate FILE`.

A process of its own, so that Alembic costs the runtime neither time nor memory.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from oppleo_flow.errors import StoreError
from oppleo_flow.store.database import in_words

MIGRATIONS = Path(__file__).with_name("migrations")


def alembic_config(engine: Engine) -> Config:
    """Return Alembic's configuration for the database that an engine leads to."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["engine"] = engine
    return config


def upgrade(engine: Engine, place: str) -> None:
    """Run every migration that the database has not had yet, in one transaction.

    Raises:
        StoreError: One of them failed; the ledger is as it was before.
    """
    with in_words(place):
        run_migrations(engine)


def run_migrations(engine: Engine) -> None:
    """Run every migration that a database has not had yet; what it raises is the database's."""
    command.upgrade(alembic_config(engine), "head")


def main(arguments: list[str]) -> int:
    """Migrate the file that the one argument names, say in JSON what was done, return the code."""
    # Not at the top: it looks for the migrations here.
    from oppleo_flow.store.upgrading import upgrade_file  # noqa: PLC0415

    try:
        done = upgrade_file(Path(arguments[0]))
    except (StoreError, DBAPIError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    json.dump(asdict(done), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
