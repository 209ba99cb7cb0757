"""What was measured side by side, and whether it keeps its budget."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Budget:
    """What a figure has to keep; what is None does not matter.

    `times`: at least so many times less than the peer's.  `most`: at most so much, in the figure's
    own unit.
    """

    times: float | None = None
    most: float | None = None

    def __str__(self) -> str:
        """Return `≥ 12 ×` or `≤ 10 kB`, without the unit."""
        parts = []
        if self.times is not None:
            parts.append(f"≥ {self.times:g} ×")
        if self.most is not None:
            parts.append(f"≤ {self.most:g}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure, measured in pairs; less is better.

    `limit` is what no implementation could beat, measured in the same run.
    """

    name: str
    unit: str
    ours: tuple[float, ...]
    peer: tuple[float, ...] = ()
    limit: tuple[float, ...] = ()
    budget: Budget = Budget()

    @property
    def ratios(self) -> tuple[float, ...]:
        """Return how many times less ours is than the peer's, pair by pair."""
        return tuple(theirs / ours for ours, theirs in zip(self.ours, self.peer, strict=True))

    @property
    def kept(self) -> bool | None:
        """Return whether the budget is kept; None when there is none."""
        checks = []
        if self.budget.times is not None:
            checks.append(median(self.ratios) >= self.budget.times)
        if self.budget.most is not None:
            checks.append(median(self.ours) <= self.budget.most)
        return all(checks) if checks else None


def in_turns(
    ours: Callable[[], T], peer: Callable[[], T], repetitions: int
) -> tuple[list[T], list[T]]:
    """Measure both sides `repetitions` times, in pairs; each second pair begins with the peer.

    What disturbs the machine for a while then disturbs both.
    """
    mine: list[T] = []
    theirs: list[T] = []
    for repetition in range(repetitions):
        turns = [(ours, mine), (peer, theirs)]
        for measure, into in reversed(turns) if repetition % 2 else turns:
            into.append(measure())
    return mine, theirs


HEAD = ("row", "figure", "ours", "peer", "ratio (spread)", "limit", "budget", "verdict")
_WIDTHS = (4, 47, 14, 14, 22, 10, 9, 7)


def head() -> str:
    """Return the head of the table."""
    return _line(HEAD)


def table_line(row: str, figure: Figure) -> str:
    """Return the line of one figure: medians, and the ratios' median and range."""
    verdict = {True: "ok", False: "MISSED", None: ""}[figure.kept]
    return _line(
        (
            row,
            figure.name,
            _amount(figure.ours, figure.unit),
            _amount(figure.peer, figure.unit),
            _spread(figure.ratios) if figure.peer else "",
            _amount(figure.limit, figure.unit),
            str(figure.budget),
            verdict,
        )
    )


def _line(cells: Iterable[str]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True))
    return "  ".join(padded).rstrip()


def _amount(values: tuple[float, ...], unit: str) -> str:
    return f"{_number(median(values))} {unit}" if values else ""


def _spread(ratios: tuple[float, ...]) -> str:
    return f"{_number(median(ratios))} × ({_number(min(ratios))}–{_number(max(ratios))})"


def _number(value: float) -> str:
    """Return a number with three digits that mean something."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
