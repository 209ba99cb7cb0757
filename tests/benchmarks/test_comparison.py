"""Medians, spread and verdict of what was measured."""

from collections.abc import Callable

import pytest

from tests.benchmarks.comparison import Budget, Figure, head, in_turns, table_line


def test_both_sides_are_measured_in_pairs_and_take_turns_to_begin() -> None:
    order: list[str] = []

    def side(name: str) -> Callable[[], int]:
        def measure() -> int:
            order.append(name)
            return len(order)

        return measure

    ours, peer = in_turns(side("ours"), side("peer"), 3)

    assert order == ["ours", "peer", "peer", "ours", "ours", "peer"]
    assert (ours, peer) == ([1, 4, 5], [2, 3, 6])


def test_the_ratio_is_that_of_each_pair() -> None:
    figure = Figure("a hop", "µs", ours=(1.0, 2.0, 4.0), peer=(12.0, 20.0, 60.0))

    assert figure.ratios == (12.0, 10.0, 15.0)


@pytest.mark.parametrize(
    ("budget", "kept"),
    [
        pytest.param(Budget(times=10), True, id="the median of the ratios is enough"),
        pytest.param(Budget(times=11), True, id="just kept is kept"),
        pytest.param(Budget(times=12), False, id="the best of the ratios is not"),
        pytest.param(Budget(most=2), True, id="the median of ours is little enough"),
        pytest.param(Budget(most=1), False, id="the least of ours is not"),
        pytest.param(Budget(times=10, most=1), False, id="one of two does not do"),
        pytest.param(Budget(), None, id="without a budget there is no verdict"),
    ],
)
def test_a_budget_is_kept_by_the_median(budget: Budget, kept: bool | None) -> None:
    figure = Figure("a hop", "µs", ours=(1.0, 2.0, 9.0), peer=(10.0, 22.0, 108.0), budget=budget)

    assert figure.kept is kept


def test_a_line_tells_medians_spread_limit_and_verdict() -> None:
    figure = Figure(
        "a hop",
        "µs",
        ours=(0.5, 0.5, 0.5),
        peer=(4.0, 6.3, 7.0),
        limit=(0.2,),
        budget=Budget(times=12),
    )

    assert head().split() == [
        "row",
        "figure",
        "ours",
        "peer",
        "ratio",
        "(spread)",
        "limit",
        "budget",
        "verdict",
    ]
    assert " ".join(table_line("1", figure).split()) == (
        "1 a hop 0.5 µs 6.3 µs 12.6 × (8–14) 0.2 µs ≥ 12 × ok"
    )


def test_a_missed_budget_is_said_aloud() -> None:
    figure = Figure("memory", "kB", ours=(512.0,), budget=Budget(most=10))

    assert " ".join(table_line("5", figure).split()) == "5 memory 512 kB ≤ 10 MISSED"
