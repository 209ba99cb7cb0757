"""The rows of a worksheet, written as they stand in its file (ECMA-376, part 1, 18.3.1).

openpyxl writes all of a workbook but these: it has no way to write a formula together with its
value, without which a viewer that does not compute shows nothing, and it takes four times as long.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from xml.sax.saxutils import escape

from oppleo_flow.immutable import immutable

_DAY_ZERO: Final = date(1899, 12, 30).toordinal()
_SECONDS: Final = 86_400


@immutable
class Styled:
    """A value with the number of its style; `formula` is what it follows from, without `=`."""

    value: str | int | Decimal | date | None
    style: int = 0
    formula: str | None = None


def column_letters(number: int) -> str:
    """Return the name of a column, counted from 1: `A`, `Z`, `AA`."""
    letters = ""
    while number:
        number, place = divmod(number - 1, 26)
        letters = chr(ord("A") + place) + letters
    return letters


def sheet_rows(rows: Iterable[Sequence[Styled]], *, first: int = 1) -> Iterator[str]:
    """Yield each row as XML, counted from `first`; one without cells is left out."""
    letters = [column_letters(number) for number in range(1, 100)]
    for number, row in enumerate(rows, first):
        cells = "".join(
            _cell(f"{letter}{number}", cell)
            for letter, cell in zip(letters, row, strict=False)
            if cell.value not in (None, "") or cell.style
        )
        if cells:
            yield f'<row r="{number}">{cells}</row>'


def _cell(place: str, cell: Styled) -> str:
    """Return one cell as XML."""
    value = cell.value
    style = f' s="{cell.style}"' if cell.style else ""
    if value is None:
        return f'<c r="{place}"{style}/>'
    if isinstance(value, str):
        text = escape(value)
        return (
            f'<c r="{place}"{style} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
        )
    formula = "" if cell.formula is None else f"<f>{escape(cell.formula)}</f>"
    return f'<c r="{place}"{style}>{formula}<v>{_number(value)}</v></c>'


def _number(value: int | Decimal | date) -> str:
    """Return a number as a worksheet keeps it; a time as days since the end of 1899."""
    if isinstance(value, datetime):
        seconds = value.hour * 3600 + value.minute * 60 + value.second
        return repr(value.toordinal() - _DAY_ZERO + seconds / _SECONDS)
    if isinstance(value, date):
        return str(value.toordinal() - _DAY_ZERO)
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
