"""The connection that several charge points get their current from."""

from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from nodes.charging.mains_fuse import MainsFuseConfig, MainsFuseConnection
from oppleo_flow.clock import VirtualClock
from oppleo_flow.testing import BenchSite
from oppleo_flow.testing.bench import NOON


@pytest.fixture
def fuse() -> Iterator[MainsFuseConnection]:
    made = MainsFuseConnection(
        "mains",
        MainsFuseConfig(limit_a=25),
        clock=VirtualClock(NOON),
        site=BenchSite(),
        simulated=False,
    )
    made.open()
    yield made
    made.close()


def test_all_are_told_of_a_change_until_they_leave(fuse):
    told = []
    for who in "ab":
        fuse.announce(who, lambda who=who: told.append(who))
    fuse.changed()
    assert told == ["a", "b"]
    fuse.leave("a")
    assert told == ["a", "b", "b"]


def test_who_leaves_lets_go_of_its_share(fuse):
    fuse.shares.ask("a", 16)
    fuse.leave("a")
    assert fuse.shares.free_a == 25


@pytest.mark.parametrize("limit_a", [0, -16, 251, float("nan")])
def test_a_fuse_has_a_limit_that_fuses_have(limit_a):
    with pytest.raises(ValidationError, match="limit_a"):
        MainsFuseConfig(limit_a=limit_a)
