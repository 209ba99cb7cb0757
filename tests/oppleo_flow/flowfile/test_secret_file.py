"""One secret changes in the text of `secrets.yaml`, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.errors import ConfigError, Refused
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.mending import split_lines
from oppleo_flow.flowfile.secret_file import with_secret
from oppleo_flow.flowfile.secrets import secrets_in

FILE = """\
# Passwords and keys.
prowl_key: 0123456789  # of the phone
database: 'it''s'

# the certificate
pem: |
  -- begin --
  -- end --
empty:
last: hunter2
"""


def changed(name, value, text=FILE):
    return with_secret(text, name, value, "secrets.yaml")


@pytest.mark.parametrize(
    ("name", "value", "old", "new"),
    [
        pytest.param("prowl_key", "x y", "0123456789", '"x y"', id="a plain one"),
        pytest.param("database", 'a"b', "'it''s'", r'"a\"b"', id="one in quotes"),
        pytest.param("last", "é", "hunter2", '"é"', id="the last"),
        pytest.param("empty", "1", "empty:\n", 'empty: "1"\n', id="one without a value"),
        pytest.param(
            "pem", "short", "|\n  -- begin --\n  -- end --\n", '"short"\n', id="a block of lines"
        ),
        pytest.param("last", "a\nb", "hunter2", r'"a\nb"', id="a value of several lines"),
        pytest.param("last", None, "last: hunter2\n", "", id="the last is gone"),
        pytest.param("database", None, "database: 'it''s'\n", "", id="one is gone"),
        pytest.param("pem", None, "pem: |\n  -- begin --\n  -- end --\n", "", id="a block is gone"),
    ],
)
def test_only_the_lines_of_the_secret_change(name, value, old, new):
    assert changed(name, value) == FILE.replace(old, new)


@pytest.mark.parametrize("text", ["", "# none yet\n", "other: 1", "other: 1\n"])
def test_a_new_secret_is_the_last_line(text):
    gap = "\n" if text == "other: 1" else ""
    assert changed("key", "on", text) == f'{text}{gap}key: "on"\n'


@pytest.mark.parametrize(
    ("name", "value", "text", "kind", "said"),
    [
        pytest.param(
            "no", None, FILE, Refused, "secrets.yaml: there is no secret 'no'", id="it is not there"
        ),
        pytest.param(
            "a key",
            "1",
            FILE,
            ConfigError,
            "a secret's name begins with a letter, then letters, digits, _ and -, got 'a key'",
            id="a name that cannot be",
        ),
        pytest.param(
            "key",
            "1",
            "{other: 1}\n",
            Refused,
            "secrets.yaml: is written in braces; write one `name: value` on each line first",
            id="a file in braces",
        ),
        pytest.param(
            "key",
            "1",
            "other: 1\nother: 2\n",
            ConfigError,
            "secrets.yaml:2:1: 'other' stands here a second time, first in line 1; "
            "remove or rename one",
            id="a file that is wrong",
        ),
        pytest.param(
            "key",
            "a\x7fb",
            FILE,
            Refused,
            "secrets.yaml: cannot be changed safely; change it with an editor",
            id="a value that YAML cannot hold",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_and_shows_no_value(name, value, text, kind, said):
    with pytest.raises(kind) as told:
        changed(name, value, text)
    assert str(told.value) == said


NAMES = st.sampled_from(["a", "b", "prowl_key", "pem", "empty", "last"])
PRINTABLE = st.text(st.characters(min_codepoint=9, max_codepoint=0x2FF), min_size=1).filter(
    lambda text: not any(0x7F <= ord(letter) <= 0x9F for letter in text)
)


@given(st.lists(st.tuples(NAMES, st.none() | PRINTABLE), max_size=8))
def test_after_any_changes_the_file_has_what_was_set_and_its_comments(changes):
    text, values = FILE, read(FILE)
    for name, value in changes:
        if value is None and name not in values:
            continue
        text = changed(name, value, text)
        values = read(text)
        assert values.get(name) == value
    assert "# Passwords and keys.\n" in text
    assert "\n# the certificate\n" in text


def read(text):
    report = Report("secrets.yaml", split_lines(text))
    found = {name: value.get_secret_value() for name, value in secrets_in(text, report).items()}
    assert not report.has_errors
    return found
