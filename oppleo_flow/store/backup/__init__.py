"""Backups of a site: made while it runs, verified, kept to a number, copied away, restored."""
