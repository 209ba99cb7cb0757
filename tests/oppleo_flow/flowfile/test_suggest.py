import pytest

from oppleo_flow.flowfile.suggest import closest, hint, one_of


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        pytest.param("debounse", "debounce", id="a slip of one letter"),
        pytest.param("stale-after", "stale_after", id="a hyphen for an underscore"),
        pytest.param("PIN", "pin", id="capitals"),
        pytest.param("zzz", None, id="nothing like it"),
    ],
)
def test_the_word_that_was_meant_is_found(word: str, meant: str | None) -> None:
    assert closest(word, ["debounce", "pin", "stale_after"]) == meant


@pytest.mark.parametrize(
    ("known", "advice"),
    [
        pytest.param(["meter", "led"], "; did you mean 'meter'?", id="the one that was meant"),
        pytest.param(["led", "evse"], "; it has: led, evse", id="else the few there are"),
        pytest.param([], "", id="nothing when there are none"),
        pytest.param([f"n{i}" for i in range(10)], "", id="nothing when there are many"),
    ],
)
def test_the_hint_helps_or_is_silent(known: list[str], advice: str) -> None:
    assert hint("metre", known, what="it has") == advice


def test_choices_are_listed_as_one_says_them() -> None:
    assert [one_of(c) for c in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a or b", "a, b or c"]
