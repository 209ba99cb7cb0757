"""Which schema a ledger must have; kept apart so that no start has to import Alembic."""

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")
"""Every revision there has been, oldest first; the migrations hold the same."""

HEAD = REVISIONS[-1]
