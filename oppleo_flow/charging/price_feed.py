"""Market prices out of what a file or a server says: CSV with a heading, or JSON.

Each row tells when its price begins, and maybe when it ends.  A row without a price, or one that
is not there, is a hole: nothing is known of its time.  Anything else that cannot be read makes the
whole of it useless: half a day of prices must not pass for all of it.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from itertools import pairwise
from typing import Any, Literal
from zoneinfo import ZoneInfo

from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import MarketPrice

PriceUnit = Literal["kWh", "MWh", "ct/kWh"]
_PER_KWH: Mapping[PriceUnit, Decimal] = {
    "kWh": Decimal(1),
    "MWh": Decimal("0.001"),
    "ct/kWh": Decimal("0.01"),
}
_STEP = Decimal("0.000001")
_EMPTY = (None, "")
_COUNT = re.compile(r"\d{9,}")
_MILLISECONDS = 100_000_000_000
"""A count of more than this since 1970 is in milliseconds."""


@immutable
class PriceForm:
    """How prices are written down: where the rows are in JSON, and what their fields are called.

    `length` is how long a price holds that has no `end`; None: as long as the shortest time between
    two of them.  `zone` is that of times without an offset.
    """

    kind: Literal["csv", "json"]
    rows: str
    start: str
    end: str | None
    price: str
    unit: PriceUnit
    length: timedelta | None
    zone: ZoneInfo


def read_prices(text: str, form: PriceForm) -> tuple[MarketPrice, ...]:
    """Return the prices in a text, the oldest first.

    Raises:
        ValueError: The text is not of this form; the message says where and what is wrong.
    """
    rows = list(_csv_rows(text) if form.kind == "csv" else _json_rows(text, form.rows))
    times = _Times(form.zone)
    found: list[tuple[datetime, datetime | None, Decimal | None]] = []
    for number, row in enumerate(rows, start=1):
        place = f"row {number}"
        start = times.read(_field(row, form.start, place), f"{place}: {form.start}")
        end = None
        if form.end is not None:
            end = _Times(form.zone, start).read(
                _field(row, form.end, place), f"{place}: {form.end}"
            )
        found.append((start, end, _price(row, form, place)))
    found.sort(key=lambda one: one[0])
    starts = [start for start, _, _ in found]
    if len(set(starts)) < len(starts):
        twice = next(b for a, b in pairwise(starts) if a == b)
        raise ValueError(f"there are two prices from {twice.isoformat()} on")
    return tuple(_slots(found, form))


def _slots(
    found: Sequence[tuple[datetime, datetime | None, Decimal | None]], form: PriceForm
) -> Iterator[MarketPrice]:
    length = form.length or min((b[0] - a[0] for a, b in pairwise(found)), default=None)
    for number, (start, told, per_kwh) in enumerate(found):
        end = told
        if end is None:
            if length is None:
                raise ValueError("one price alone does not tell how long it holds; say `length`")
            end = start + length
        if number + 1 < len(found):
            end = min(end, found[number + 1][0])
        if end <= start:
            raise ValueError(f"the price from {start.isoformat()} ends before it begins")
        if per_kwh is not None:
            yield MarketPrice(start, end, per_kwh)


def _csv_rows(text: str) -> Iterator[Mapping[str, Any]]:
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    yield from csv.DictReader(io.StringIO(text.lstrip("\ufeff")), delimiter=separator)


def _json_rows(text: str, path: str) -> Iterator[Mapping[str, Any]]:
    try:
        data = json.loads(text, parse_float=Decimal)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}: is not JSON: {error.msg}") from error
    for name in path.split(".") if path else ():
        if not isinstance(data, Mapping) or name not in data:
            raise ValueError(f"has no {path!r}{_has(data)}")
        data = data[name]
    if not isinstance(data, list):
        raise ValueError(f"{path or 'the whole'} is not a list of prices{_has(data)}")
    for number, row in enumerate(data, start=1):
        if not isinstance(row, Mapping):
            raise ValueError(f"row {number}: a map is needed, got {row!r}")
        yield row


def _has(data: object) -> str:
    return f"; it has {', '.join(map(str, data))}" if isinstance(data, Mapping) and data else ""


def _field(row: Mapping[str, Any], name: str, place: str) -> Any:
    if name not in row:
        raise ValueError(f"{place}: has no {name!r}{_has(row)}")
    return row[name]


def _price(row: Mapping[str, Any], form: PriceForm, place: str) -> Decimal | None:
    """Return the price of a row per kWh; None where it has none."""
    value = _field(row, form.price, place)
    if value in _EMPTY:
        return None
    try:
        price = Decimal(value if isinstance(value, Decimal) else str(value))
    except InvalidOperation:
        price = Decimal("nan")
    if isinstance(value, bool) or not price.is_finite():
        raise ValueError(f"{place}: {form.price}: a number is needed, got {value!r}")
    return (price * _PER_KWH[form.unit]).quantize(_STEP, ROUND_HALF_UP)


class _Times:
    """Reads times that come in order; of an hour that comes twice the first is meant first."""

    def __init__(self, zone: ZoneInfo, after: datetime | None = None) -> None:
        self._zone = zone
        self._after = after

    def read(self, value: Any, place: str) -> datetime:
        """Return a time as UTC: ISO 8601, or a count since 1970."""
        at = self._read(value, place)
        self._after = at
        return at

    def _read(self, value: Any, place: str) -> datetime:
        if isinstance(value, str) and _COUNT.fullmatch(value):
            value = int(value)
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            seconds = value / 1000 if value > _MILLISECONDS else value
            return datetime.fromtimestamp(float(seconds), UTC)
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            raise ValueError(
                f"{place}: a time such as 2026-01-15T12:00:00+01:00 is needed, got {value!r}"
            ) from None
        return at.astimezone(UTC) if at.tzinfo else self._local(at, place)

    def _local(self, at: datetime, place: str) -> datetime:
        candidates = list(self._candidates(at))
        if not candidates:
            raise ValueError(
                f"{place}: {at.isoformat()} is skipped by the clock of {self._zone.key}"
            )
        later = [one for one in candidates if self._after is None or one > self._after]
        return later[0] if later else candidates[-1]

    def _candidates(self, at: datetime) -> Iterable[datetime]:
        """Yield the moments at which a local clock shows a time: one, two, or none."""
        for fold in (0, 1):
            utc = at.replace(tzinfo=self._zone, fold=fold).astimezone(UTC)
            shown = utc.astimezone(self._zone)
            if shown.replace(tzinfo=None) == at and shown.fold == fold:
                yield utc
