"""What keeps a benchmark from being measured."""


class BenchmarkError(Exception):
    """A benchmark cannot be measured; the message says what is missing."""
