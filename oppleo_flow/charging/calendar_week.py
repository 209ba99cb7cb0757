"""A week as somebody paints it: when each weekday is open, and the windows that say so.

Windows say it as a person wrote them.  A day that changes is written anew; all other days stay in
the windows in which they stood, so that no more of the text changes than has to.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from oppleo_flow.charging.calendar import WEEKDAYS, Window
from oppleo_flow.immutable import immutable

DAY = 24 * 60
_ALL = frozenset(range(7))
_RANGE = 3
"""So many days in a row are written as a range."""

Span = tuple[int, int]
"""A part of a day, [from, to) in minutes."""
Week = tuple[tuple[Span, ...], ...]
"""The open spans of each weekday, Monday first; sorted, and apart from each other."""


@immutable
class Placed:
    """A window, and which one it was before; None: it is new."""

    window: Window
    was: int | None = None


def week_of(windows: Iterable[Window]) -> Week:
    """Return when each weekday is open."""
    spans: list[list[Span]] = [[] for _ in WEEKDAYS]
    for window in windows:
        for day in window.days:
            spans[day].extend(_spans(window))
    return tuple(joined(one) for one in spans)


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return spans in order, those that touch as one.

    Raises:
        ValueError: One is none, or not within a day.
    """
    found: list[Span] = []
    for start, stop in sorted(spans):
        if not 0 <= start < stop <= DAY:
            raise ValueError(
                f"a part of a day, from 0 to {DAY} minutes, is needed, got {start} to {stop}"
            )
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], stop)
        else:
            found.append((start, stop))
    return tuple(found)


def with_week(windows: Sequence[Window], week: Week) -> list[Placed]:
    """Return windows that say a week, as few of them changed as can be."""
    before = week_of(windows)
    changed = frozenset(day for day in range(7) if before[day] != joined(week[day]))
    kept = [
        Placed(Window(window.days - changed, window.from_minute, window.to_minute), number)
        for number, window in enumerate(windows)
        if window.days - changed
    ]
    for span, days in _wanted(week, changed):
        same = [one for one in kept if (one.window.from_minute, one.window.to_minute) == span]
        if same:
            at = kept.index(same[0])
            kept[at] = Placed(Window(same[0].window.days | days, *span), same[0].was)
        else:
            kept.append(Placed(Window(days, *span), _free(windows, kept, span)))
    return sorted(kept, key=lambda one: len(windows) if one.was is None else one.was)


def days_text(days: frozenset[int]) -> str:
    """Return weekdays as somebody would write them: `daily`, `mon-fri` or `sat,sun`."""
    if days == _ALL:
        return "daily"
    parts = []
    for _, run in groupby(enumerate(sorted(days)), key=lambda pair: pair[1] - pair[0]):
        names = [WEEKDAYS[day] for _, day in run]
        parts.extend([f"{names[0]}-{names[-1]}"] if len(names) >= _RANGE else names)
    return ",".join(parts)


def minute_text(minute: int) -> str:
    """Return a minute of the day as `07:00`."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _spans(window: Window) -> tuple[Span, ...]:
    if window.from_minute < window.to_minute:
        return ((window.from_minute, window.to_minute),)
    early = ((0, window.to_minute),) if window.to_minute else ()
    return (*early, (window.from_minute, DAY))


def _wanted(week: Week, days: frozenset[int]) -> Iterator[tuple[Span, frozenset[int]]]:
    """Yield the windows that some days need, each with all of those days that need it."""
    found: dict[Span, set[int]] = {}
    for day in sorted(days):
        for span in _over_night(joined(week[day])):
            found.setdefault(span, set()).add(day)
    return ((span, frozenset(all_of)) for span, all_of in found.items())


def _over_night(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """Return a day's spans with the early and the late one as one window over midnight."""
    if len(spans) < 2 or spans[0][0] != 0 or spans[-1][1] != DAY:
        return spans
    return (*spans[1:-1], (spans[-1][0], spans[0][1]))


def _free(windows: Sequence[Window], kept: Sequence[Placed], span: Span) -> int | None:
    """Return the place of a window that has gone, if its hours are the ones that are needed."""
    taken = {one.was for one in kept}
    for number, window in enumerate(windows):
        if number not in taken and (window.from_minute, window.to_minute) == span:
            return number
    return None
