"""Built-in notification nodes."""
