"""The flow language: YAML text to a checked graph, with every finding at its line."""
