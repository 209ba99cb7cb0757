"""Rows for a terminal: columns lined up, nothing cut off."""

from collections.abc import Collection, Sequence


def table(
    heading: Sequence[str], rows: Sequence[Sequence[str]], *, right: Collection[str] = ()
) -> str:
    """Return rows under a heading; the columns whose headings are in `right` end even."""
    columns = list(zip(heading, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    even = [name in right for name in heading]
    lines = [
        "  ".join(
            cell.rjust(width) if ends_even else cell.ljust(width)
            for cell, width, ends_even in zip(row, widths, even, strict=True)
        ).rstrip()
        for row in (heading, *rows)
    ]
    return "\n".join(lines)
