"""A text that says what it said is not read again; one that says something else always is."""

import pytest

from oppleo_flow.flowfile.once_read import OnceRead


def test_what_is_made_of_a_text_is_made_again_only_when_it_says_something_else():
    read: list[tuple[str, str]] = []

    def words(text: str, name: str) -> list[str]:
        read.append((text, name))
        return text.split()

    once = OnceRead(words)
    said = ["a b", "a b", "a c", "a b", "a b"]
    assert [once.of(text, "one.yaml") for text in said] == [text.split() for text in said]
    assert read == [("a b", "one.yaml"), ("a c", "one.yaml"), ("a b", "one.yaml")]


def test_texts_of_several_names_are_told_apart():
    once = OnceRead(lambda text, name: f"{name}: {text}")
    assert [once.of("a", name) for name in ("one", "two", "one")] == ["one: a", "two: a", "one: a"]


def test_a_text_that_could_not_be_read_is_read_again():
    once = OnceRead(lambda text, name: int(text))
    for _ in range(2):
        with pytest.raises(ValueError, match="none"):
            once.of("none", "one")
    assert once.of("1", "one") == 1
