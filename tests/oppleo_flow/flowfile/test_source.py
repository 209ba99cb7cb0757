import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.mending import split_lines
from oppleo_flow.flowfile.source import parse
from oppleo_flow.flowfile.tree import Scalar, Value, YamlList, YamlMap


def plain(value: Value | None) -> object:
    match value:
        case YamlMap():
            return {name: plain(entry.value) for name, entry in value.entries.items()}
        case YamlList():
            return [plain(item) for item in value.items]
        case Scalar(unreadable=True):
            return ...
        case Scalar():
            return value.text
    return None


def read(text: str) -> tuple[object, list[str]]:
    report = Report("f", split_lines(text))
    root = parse(text, report)
    return plain(root), [f.headline().removeprefix("f:") for f in report.findings()]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("a: 23:00", {"a": "23:00"}, id="a time is not 1380"),
        pytest.param("a: 0412345", {"a": "0412345"}, id="a card number keeps its zero"),
        pytest.param("on: no", {"on": "no"}, id="on and no are words"),
        pytest.param("a: 1.10", {"a": "1.10"}, id="a version keeps its zero"),
        pytest.param("a: 2026-01-02", {"a": "2026-01-02"}, id="a date is not a date yet"),
        pytest.param("a: =", {"a": "="}, id="an equals sign is text"),
        pytest.param("a:\nb: ~", {"a": "", "b": "~"}, id="nothing is an empty text"),
        pytest.param("{a: [1, {b: c}]}", {"a": ["1", {"b": "c"}]}, id="on one line"),
        pytest.param("\ufeffa: b", {"a": "b"}, id="a byte order mark is no text"),
        pytest.param("a: 'b\n  c'", {"a": "b c"}, id="a text over two lines"),
        pytest.param("", None, id="nothing"),
        pytest.param("# only a comment\n", None, id="only a comment"),
    ],
)
def test_every_scalar_stays_text(text: str, value: object) -> None:
    assert read(text) == (value, [])


@pytest.mark.parametrize(
    ("text", "value", "finding"),
    [
        pytest.param(
            "a: &x 1",
            {"a": "1"},
            "1:4: the anchor &x is not allowed; repeat the value, or use vars",
            id="an anchor",
        ),
        pytest.param(
            "a: [*x]",
            {"a": [...]},
            "1:5: the alias *x is not allowed; repeat the value, or use vars",
            id="an alias",
        ),
        pytest.param(
            "a: !!int 5",
            {"a": ...},
            "1:4: the tag !!int is not allowed; only !secret is",
            id="a tag of YAML",
        ),
        pytest.param(
            "a: !!python/name:os.system ''",
            {"a": ...},
            "1:4: the tag !!python/name:os.system is not allowed; only !secret is",
            id="a tag of Python",
        ),
        pytest.param(
            "a: !foo!bar x",
            {"a": ...},
            "1:4: this tag is not allowed; only !secret is",
            id="a tag that YAML itself refuses",
        ),
        pytest.param(
            "a: !foo [b]",
            {"a": ["b"]},
            "1:4: the tag !foo is not allowed; only !secret is",
            id="a tag on a list",
        ),
        pytest.param(
            "a: !secret [b]",
            {"a": ["b"]},
            "1:4: !secret is followed by one name, as in !secret prowl_key",
            id="a secret that is a list",
        ),
        pytest.param(
            "!secret a: b",
            {"a": "b"},
            "1:1: !secret cannot name a key; write the key itself",
            id="a secret that is a key",
        ),
        pytest.param(
            "a: 1\nb: 2\na: 3",
            {"a": "1", "b": "2"},
            "3:1: 'a' stands here a second time, first in line 1; remove or rename one",
            id="a key that stands twice",
        ),
        pytest.param(
            "? [a]\n: b\nc: d",
            {"c": "d"},
            "1:3: a key is plain text; a list or a map cannot be one",
            id="a list for a key",
        ),
        pytest.param(
            "a: 1\n---\nb: 2",
            None,
            "2:1: a second document begins; write it into a file of its own",
            id="a second document",
        ),
        pytest.param(
            "a: x\x07y\nb: 1",
            {"a": "x y", "b": "1"},
            "1:5: the character U+0007 cannot stand in a file; remove it",
            id="a control character",
        ),
        pytest.param(
            "a: \ud800",
            {"a": ""},
            "1:4: the character U+D800 cannot stand in a file; remove it",
            id="half a character",
        ),
        pytest.param(
            "a: >5\nb: 1",
            {"a": ..., "b": "1"},
            "1:4: '>' begins a block of text and none follows; put the value in quotes",
            id="a comparison that YAML reads as nothing",
        ),
    ],
)
def test_what_a_flow_may_not_have_is_told_and_the_rest_is_read(
    text: str, value: object, finding: str
) -> None:
    assert read(text) == (value, [finding])


def test_a_file_of_ten_megabytes_is_refused_without_reading_it() -> None:
    assert read("a: " + "x" * 10_000_000) == (
        None,
        ["1:1: the file is 10.0 MB, and at most 2 MB is read; split it into several flows"],
    )


def test_a_file_of_very_many_values_is_refused() -> None:
    value, findings = read("a: [" + "x," * 250_000 + "]")
    assert value is None
    assert findings == ["1:399999: more than 200000 values; split the file into several flows"]


def test_nine_hundred_levels_of_nesting_are_refused() -> None:
    assert read("a: " + "[" * 900 + "]" * 900) == (
        None,
        ["1:43: nested more than 40 deep; a flow needs about 6"],
    )


def test_nine_hundred_levels_that_never_close_are_refused() -> None:
    assert read("a: " + "{b: " * 900)[1] == [
        "1:160: nested more than 40 deep; a flow needs about 6"
    ]


def test_an_alias_bomb_stays_small() -> None:
    bomb = "a: &a [1]\n" + "".join(
        f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    value, findings = read(bomb)
    assert value == {"a": ["1"]} | {name: [...] * 9 for name in "bcdefghi"}
    assert len(findings) == 9 + 72


def test_marks_count_characters_not_bytes() -> None:
    report = Report("f", [])
    root = parse("é: [ü, 'x y']", report)
    assert isinstance(root, YamlMap)
    items = root.entries["é"].value
    assert isinstance(items, YamlList)
    assert [(i.start.column, i.end.column, i.start.offset) for i in items.items] == [
        (4, 5, 4),
        (7, 12, 7),
    ]


@given(st.text(st.sampled_from("ab:-[]{}'\"\n\t #&*!|>?,%@`$()0.~\u2028\x85é"), max_size=60))
def test_any_text_is_read_without_an_exception(text: str) -> None:
    value, findings = read(text)
    assert isinstance(value, str | list | dict) or value in (None, ...)
    assert all(finding for finding in findings)


@given(st.dictionaries(st.from_regex("[a-z]{1,5}", fullmatch=True), st.text(max_size=20)))
def test_text_in_single_quotes_comes_back_as_it_is(values: dict[str, str]) -> None:
    printable = {key: "".join(c for c in text if c.isprintable()) for key, text in values.items()}
    written = "".join(f"{k}: '{v.replace(chr(39), chr(39) * 2)}'\n" for k, v in printable.items())
    assert read(written) == (printable or None, [])
