"""What counts as the same as when it was recorded."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.testing.likeness import Likeness

ONE, TWO, THREE = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
NOON, SOON, LATER = (f"2026-01-15T12:00:0{n}+00:00" for n in (0, 2, 3))


def differences(recorded, now, like=None):
    like = like or Likeness(timedelta(seconds=2))
    return like.differences({"type": "P", "value": recorded}, {"type": "P", "value": now})


@pytest.mark.parametrize(
    ("recorded", "now", "paths"),
    [
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": 1}, {"a": True}, ["a"]),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, ["a.b[1]"]),
        ({"a": [1]}, {"a": [1, 2]}, ["a"]),
        ({"a": 1}, {"b": 1}, ["a", "b"]),
        ({"at": NOON}, {"at": SOON}, []),
        ({"at": NOON}, {"at": LATER}, ["at"]),
        ({"at": NOON}, {"at": "noon"}, ["at"]),
        ({"at": NOON}, {"at": "2026-01-15T13:00:00+01:00"}, []),
        ({"id": ONE}, {"id": TWO}, []),
        ({"id": ONE, "of": ONE}, {"id": TWO, "of": THREE}, []),
        (5, "5", [""]),
    ],
    ids=[
        "numbers by value", "truth is no number", "by its path", "a longer list", "other fields",
        "a moment close by", "a moment too far", "no moment", "another zone", "another id",
        "ids are told apart by the message", "another type",
    ],
)  # fmt: skip
def test_what_differs_is_told_by_its_path(recorded, now, paths):
    assert differences(recorded, now) == paths


def test_an_id_that_is_another_is_the_same_one_throughout():
    like = Likeness(timedelta())
    assert differences({"id": ONE}, {"id": TWO}, like) == []
    assert differences({"id": ONE}, {"id": TWO}, like) == []
    assert differences({"id": ONE}, {"id": THREE}, like) == ["id"]
    assert differences({"id": THREE}, {"id": TWO}, like) == ["id"]


def test_a_message_that_differs_binds_no_id():
    like = Likeness(timedelta())
    assert differences({"id": ONE, "a": 1}, {"id": TWO, "a": 2}, like) == ["a"]
    assert differences({"id": ONE}, {"id": THREE}, like) == []


def test_another_type_is_all_of_it():
    found = Likeness(timedelta()).differences(
        {"type": "A", "value": {}}, {"type": "B", "value": {}}
    )
    assert found == [""]


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(PLAIN)
def test_everything_is_like_itself_also_when_it_was_written_and_read(value):
    assert differences(value, json.loads(json.dumps(value))) == []
