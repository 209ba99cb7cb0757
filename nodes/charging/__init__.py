"""Built-in charging nodes."""
