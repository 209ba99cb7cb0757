"""Built-in general nodes."""
