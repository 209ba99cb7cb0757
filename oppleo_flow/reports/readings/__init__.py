"""Readings of a meter as a file, for who wants to work with them."""
