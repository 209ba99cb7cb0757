"""Who may draw from a mains fuse that several charge points share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.charging.mains import Shares


def test_who_comes_first_has_its_share_and_the_next_waits_until_there_is_room():
    shares = Shares(25)
    assert [shares.ask("a", 16), shares.ask("b", 16)] == [True, False]
    assert (shares.held_a, shares.waiting, shares.free_a) == ({"a": 16}, {"b": 16}, 9)
    shares.release("a")
    assert shares.ask("b", 16)


def test_who_has_a_share_keeps_it_however_often_it_asks():
    shares = Shares(16)
    assert [shares.ask("a", 16), shares.ask("a", 16)] == [True, True]
    assert shares.held_a == {"a": 16}


def test_who_needs_less_does_not_overtake_who_waits_longer():
    shares = Shares(25)
    shares.ask("a", 16)
    assert not shares.ask("b", 16)
    assert not shares.ask("c", 6)
    shares.release("b")
    assert shares.ask("c", 6)


def test_nobody_gives_way_for_who_gave_way():
    shares = Shares(16)
    shares.ask("a", 16)
    shares.ask("b", 16)
    assert shares.somebody_waits
    shares.give_way("a")
    assert [shares.ask("a", 16), shares.ask("b", 16)] == [False, True]
    assert not shares.somebody_waits
    assert not shares.ask("c", 16)
    assert shares.somebody_waits
    shares.release("b")
    assert [shares.ask("a", 16), shares.ask("c", 16)] == [False, True]
    shares.release("c")
    assert shares.ask("a", 16)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ask", "release", "give way"]),
            st.sampled_from("abcd"),
            st.sampled_from([6.0, 10.0, 16.0, 25.0]),
        )
    )
)
def test_whatever_is_asked_the_fuse_is_never_promised_more_than_it_has(steps):
    shares = Shares(25)
    for do, who, current_a in steps:
        if do == "ask":
            assert shares.ask(who, current_a) is (who in shares.held_a)
        elif do == "release":
            shares.release(who)
        elif who in shares.held_a:
            shares.give_way(who)
        assert sum(shares.held_a.values()) <= 25
        assert shares.free_a == pytest.approx(25 - sum(shares.held_a.values()))
        assert not shares.held_a.keys() & shares.waiting.keys()
        assert shares.gave_way <= shares.waiting.keys()
