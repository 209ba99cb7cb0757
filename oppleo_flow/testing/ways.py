"""The ways that messages took, as text: `Thu 23:30:00 rfid.card → authorise.accepted → session`."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from oppleo_flow.flowfile.graph import Place
from oppleo_flow.testing.journal import Journal, Passage
from oppleo_flow.testing.notation import clock_time

_MOST_WAYS = 6


class Ways:
    """Tells the ways that a journal has noted, in local time."""

    def __init__(self, journal: Journal, flow: str, zone: tzinfo) -> None:
        self._journal = journal
        self._flow = flow
        self._zone = zone

    def to(self, end: Passage) -> str:
        """Return the way of a message to where it is."""
        return self._route(self._journal.way_of(end))

    def during(self, place: Place | None) -> tuple[str, ...]:
        """Return each way that messages took during a step, the last time."""
        counts: dict[tuple[str, ...], int] = {}
        last: dict[tuple[str, ...], str] = {}
        for way in self._journal.ways_during(place):
            names = tuple(map(str, way))
            counts[names] = counts.get(names, 0) + 1
            last[names] = self._route(way)
        ways = [
            last[names] if count == 1 else f"{last[names]} (the last of {count} times)"
            for names, count in counts.items()
        ]
        more = len(ways) - _MOST_WAYS
        return (*ways[:_MOST_WAYS], *([f"and {more} more"] if more > 0 else []))

    def _route(self, way: Sequence[Passage]) -> str:
        # What a level still holds is told to a node that starts: nothing leaves the output then.
        parts = [] if way[0].side == "out" else [f"{self._without_flow(way[0].source)} (held)"]
        before: datetime | None = None
        for one in way:
            time = "" if one.at == before else f"{clock_time(one.at, self._zone)} "
            parts.append(f"{time}{one}")
            before = one.at
        return " → ".join(parts)

    def _without_flow(self, source: str) -> str:
        return source.removeprefix(f"{self._flow}/")
