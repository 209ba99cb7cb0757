"""The texts of the page: the same in each language, none missing, and none for nothing."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.house.sources import ROOT

SOURCES = ROOT / "webui/frontend/src"
LANGUAGES = ("en", "nl")
Catalogue = dict[str, str | dict[str, str]]

# t("sessions.title", …), t(on ? "sessions.on" : "sessions.off"), t(`sessions.flag-${flag}`)
CALL = re.compile(r"\bt\(")
KEY = re.compile(r"""(["'])([a-z][\w-]*\.[\w-]+)\1|`([a-z][\w-]*\.[^`]+)`""")
PART = re.compile(r"\$\{[^}]*\}")


def catalogues(language: str) -> dict[str, Catalogue]:
    """Return the catalogues of a language, by the name of their page."""
    files = sorted((SOURCES / "wording" / language).glob("*.json"))
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}


def texts(language: str) -> dict[str, str]:
    """Return every text of a language by its key; a form has the key of its text and its own."""
    return {
        key: text
        for page, catalogue in catalogues(language).items()
        for key, text in _flat(page, catalogue)
    }


def _flat(page: str, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    for name, text in catalogue.items():
        if isinstance(text, str):
            yield f"{page}.{name}", text
        else:
            yield from ((f"{page}.{name}#{form}", said) for form, said in text.items())


def sources() -> Iterator[Path]:
    files = (file for file in sorted(SOURCES.rglob("*")) if file.suffix in {".svelte", ".ts"})
    return (file for file in files if file.name != "wording.svelte.ts")


def calls(text: str) -> Iterator[str]:
    """Yield what stands between the brackets of each call of `t` in a source."""
    for begun in CALL.finditer(text):
        depth, end = 1, begun.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        yield text[begun.end() : end - 1]


@cache
def used() -> frozenset[tuple[str, str]]:
    """Return the keys that the sources use, with where; a part that varies is in `${…}`."""
    return frozenset(
        (file.relative_to(SOURCES).as_posix(), whole or varying)
        for file in sources()
        for call in calls(file.read_text(encoding="utf-8"))
        for _, whole, varying in KEY.findall(call)
    )


def fits(used_key: str, key: str) -> bool:
    """Return whether a key is the one that is used, or one of them.

    Where all of its name varies, what it varies with has to stand in the sources of its page.
    """
    if not PART.search(used_key):
        return used_key == key
    found = pattern_of(used_key).fullmatch(key)
    if found is None or not PART.match(used_key.partition(".")[2]):
        return found is not None
    return found[1] in words_of(key.partition(".")[0])


@cache
def pattern_of(used_key: str) -> re.Pattern[str]:
    return re.compile("(.+)".join(map(re.escape, PART.split(used_key))))


@cache
def words_of(page: str) -> frozenset[str]:
    """Return the words in quotes, and the names of fields, in the sources of a page."""
    texts = [file.read_text(encoding="utf-8") for file in (SOURCES / "pages" / page).iterdir()]
    words = re.findall(r"""["']([\w-]+)["']|\b(\w+)\??:""", "\n".join(texts))
    return frozenset(one or other for one, other in words)


def places(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_both_languages_have_the_same_texts() -> None:
    assert texts("en").keys() ^ texts("nl").keys() == set()


def test_a_text_has_the_same_places_in_both_languages() -> None:
    dutch = texts("nl")
    assert [
        (key, text, dutch[key])
        for key, text in texts("en").items()
        if key in dutch and places(text) != places(dutch[key])
    ] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_that_counts_has_both_forms_and_none_is_empty(language: str) -> None:
    forms = {
        key: list(text)
        for page, catalogue in catalogues(language).items()
        for key, text in catalogue.items()
        if isinstance(text, dict)
    }
    assert [key for key, found in forms.items() if found != ["one", "other"]] == []
    assert [key for key, text in texts(language).items() if not text.strip()] == []


def test_every_key_that_is_used_exists() -> None:
    known = {key.partition("#")[0] for key in texts("en")}
    assert [use for use in used() if not any(fits(use[1], key) for key in known)] == []


def test_a_page_uses_texts_only_that_are_loaded_with_it() -> None:
    """Its own and those of the shell; what else it shows, it has to load by name."""
    assert [
        (file, key) for file, key in used() if key.partition(".")[0] not in _at_hand(SOURCES / file)
    ] == []


@cache
def _at_hand(file: Path) -> set[str]:
    """Return the catalogues that are there when a source is shown."""
    inside = file.relative_to(SOURCES)
    of_page = inside.parts[0] == "pages"
    room = SOURCES.joinpath(*inside.parts[: 2 if of_page else 1])
    loaded = {
        name
        for one in sources()
        if one.is_relative_to(room)
        for call in re.findall(r"wording\.load\(([^)]*)\)", one.read_text(encoding="utf-8"))
        for name in re.findall(r'"([\w-]+)"', call)
    }
    # The page for when nobody answers has its own with it: it could fetch none.
    own = of_page or room.name == "away"
    return {"shell", *({room.name} if own else ()), *loaded}


def test_every_text_is_used() -> None:
    uses = {key for _, key in used()}
    known = {key.partition("#")[0] for key in texts("en")}
    assert sorted(key for key in known if not any(fits(use, key) for use in uses)) == []


def test_the_catalogue_of_a_key_is_written_where_it_is_used() -> None:
    """A key that comes from elsewhere could be neither found missing nor found unused."""
    assert [
        (file.relative_to(SOURCES).as_posix(), call)
        for file in sources()
        for call in calls(file.read_text(encoding="utf-8"))
        if not KEY.search(call)
    ] == []
