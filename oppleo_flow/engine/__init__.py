"""The engine: runs a checked graph, and knows nothing of electric cars."""
