"""Built-in network nodes."""
