"""Count the steps that a record has come through."""

from oppleo_flow import Record, node


@node("count")
def count(record: Record) -> Record:
    """Return the record with its count one higher."""
    return record.with_field("count", record.get("count", 0) + 1)
