"""What was written to a site's ledger and has not arrived in another database yet."""
