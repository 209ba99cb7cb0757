"""Built-in hardware nodes."""
