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


def test_who_had_its_turn_waits_behind_the_others_for_another():
    shares = Shares(16)
    for who in "abc":
        shares.ask(who, 16)
    shares.end_turn("a")
    assert [shares.ask(who, 16) for who in "acb"] == [False, False, True]
    shares.end_turn("b")
    assert [shares.ask(who, 16) for who in "abc"] == [False, False, True]
    shares.end_turn("c")
    assert [shares.ask(who, 16) for who in "bca"] == [False, False, True]


def test_who_draws_without_a_share_has_it_from_who_came_last():
    shares = Shares(40)
    shares.ask("a", 16)
    shares.ask("b", 16)
    shares.take("c", 16)
    assert (shares.held_a, shares.waiting) == ({"a": 16, "c": 16}, {"b": 16})
    assert [shares.ask("c", 16), shares.ask("b", 16)] == [True, False]
    shares.release("c")
    assert shares.ask("b", 16)


def test_who_draws_more_than_there_is_may_not_be_switched_on_besides():
    shares = Shares(25)
    shares.take("a", 16)
    shares.take("b", 16)
    assert [shares.ask("a", 16), shares.ask("b", 16), shares.ask("c", 6)] == [False] * 3
    shares.release("b")
    assert [shares.ask("a", 16), shares.ask("c", 6)] == [True, True]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ask", "release", "give way", "end turn", "take"]),
            st.sampled_from("abcd"),
            st.sampled_from([6.0, 10.0, 16.0, 25.0]),
        )
    )
)
def test_whatever_is_asked_the_fuse_is_never_promised_more_than_it_has(steps):
    shares = Shares(25)
    for do, who, current_a in steps:
        if do == "ask":
            has_it = shares.ask(who, current_a)
            assert has_it is (who in shares.held_a and (shares.free_a >= 0))
        elif do == "release":
            shares.release(who)
        elif do == "take":
            shares.take(who, current_a)
        elif who in shares.held_a:
            (shares.give_way if do == "give way" else shares.end_turn)(who)
        assert sum(shares.held_a.values()) <= 25 or shares.held_a.keys() == shares.taken
        assert shares.taken <= shares.held_a.keys()
        assert shares.free_a == pytest.approx(25 - sum(shares.held_a.values()))
        assert not shares.held_a.keys() & shares.waiting.keys()
        assert shares.gave_way <= shares.waiting.keys()
