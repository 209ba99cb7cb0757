"""The ledger's schema, step by step; run by Alembic in a process of its own."""
