"""Every language says the same things, and everything that is asked for."""

import ast
import re
from collections.abc import Iterator
from string import Formatter

import pytest

from oppleo_flow.wording import LANGUAGES
from oppleo_flow.wording.catalogue import Forms, catalogue
from tests.house.sources import python_files, tree
from tests.house.sources import text as source

ENGLISH = catalogue("en").texts


def placeholders(forms: Forms) -> set[str]:
    """A form for one may say it in a word."""
    return {name for _, name, _, _ in Formatter().parse(forms["other"]) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_texts(language: str) -> None:
    assert catalogue(language).texts.keys() == ENGLISH.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_has_the_same_placeholders_and_forms_in_every_language(language: str) -> None:
    texts = catalogue(language).texts

    assert {key: (placeholders(forms), forms.keys()) for key, forms in texts.items()} == {
        key: (placeholders(forms), forms.keys()) for key, forms in ENGLISH.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_for_one_has_no_placeholder_that_the_other_has_not(language: str) -> None:
    for key, forms in catalogue(language).texts.items():
        one = {"other": forms.get("one", "")}
        assert placeholders(one) <= placeholders(forms), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty_or_ends_with_a_space(language: str) -> None:
    texts = catalogue(language).texts

    assert [
        key
        for key, forms in texts.items()
        for text in forms.values()
        if not text or text != text.strip()
    ] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_year_has_twelve_months_and_a_week_seven_days(language: str) -> None:
    manner = catalogue(language).manner

    assert (len(set(manner.months)), len(set(manner.weekdays))) == (12, 7)


def asked_for() -> Iterator[tuple[str, str]]:
    """Return each place and text that is asked for, one made at run time as a pattern.

    What says it is named `say`: `say(…)`, `self._say(…)`; or is made on the spot.
    """
    for file in python_files("oppleo_flow", "nodes", "webui"):
        if "oppleo_flow.wording" not in source(file):
            continue
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.Call) and node.args and says(node.func):
                yield f"{file}:{node.lineno}", pattern_of(node.args[0])


def says(called: ast.expr) -> bool:
    if isinstance(called, ast.Call):
        return isinstance(called.func, ast.Name) and called.func.id == "wording"
    name = getattr(called, "id", getattr(called, "attr", ""))
    return name in ("say", "_say", "self")


def pattern_of(key: ast.expr) -> str:
    if isinstance(key, ast.Constant):
        return re.escape(str(key.value))
    if isinstance(key, ast.JoinedStr):
        return "".join(
            re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+"
            for part in key.values
        )
    return ".+"


def test_every_text_that_the_code_asks_for_is_there() -> None:
    assert [
        f"{place}: {pattern}"
        for place, pattern in asked_for()
        if not any(re.fullmatch(pattern, key) for key in ENGLISH)
    ] == []


def test_no_text_is_there_that_nobody_asks_for() -> None:
    asked = {pattern for _, pattern in asked_for() if pattern != ".+"}

    assert [
        key for key in ENGLISH if not any(re.fullmatch(pattern, key) for pattern in asked)
    ] == []
