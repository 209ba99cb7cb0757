"""A PostgreSQL database that a site's ledger is copied into, and read from by others."""
