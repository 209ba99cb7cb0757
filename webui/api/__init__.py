"""The routes under `/api/v1` and those that machines watch, one module per subject."""
