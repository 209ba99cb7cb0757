"""The format of flow files."""

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.editing import FlowText, formatted
from tests.oppleo_flow.flowfile.editing.flow_files import flows, texts
from tests.oppleo_flow.flowfile.editing.test_random_edits import comments, in_order, read

REPOSITORY = Path(__file__).parents[4]
SHIPPED = [
    file
    for folder in ("flows", "examples", "oppleo_flow/cli/starters")
    for file in sorted((REPOSITORY / folder).glob("*.yaml"))
]


@given(st.data())
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
def test_a_format_changes_no_data_and_no_comment_and_nothing_the_second_time(data):
    model = data.draw(flows())
    text = data.draw(texts(model))
    once = formatted(FlowText(text))
    assert in_order(read(once.text)) == in_order(model)
    assert comments(once.text) == comments(text)
    assert formatted(once) == once
    assert {column % 2 for column in block_columns(once.text)} <= {0}


def block_columns(text: str) -> list[int]:
    """Where the maps and lists begin that are not in braces."""
    waiting = [yaml.compose(text.removeprefix("\ufeff"), Loader=yaml.CSafeLoader)]
    found = []
    for node in waiting:
        if isinstance(node, yaml.CollectionNode) and not node.flow_style:
            found.append(node.start_mark.column)
            pairs = [part if isinstance(part, tuple) else (part,) for part in node.value]
            waiting += [part for pair in pairs for part in pair]
    return found


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.name)
def test_what_is_shipped_has_the_format(file):
    text = FlowText(file.read_text("utf-8"), file.name)
    assert formatted(text) == text


UNTIDY = """\


#a comment
flow:   garage   \t
format : 1
doc: >-  # folded
      What it does
        in a text.
vars: {  }


nodes:


    #who
    rfid:   # the reader
        type :   rfid-reader
        open:
        -   days: mon
            from:    7:00

        - { days : tue ,from: 8:00,} # also
        # pin: 5
        tall: {a:  1,
               b: [1,
                 2]}   # end
        text: "two
          lines"
        say: |
            first
              second

            third


    # -- then -----
    #!shebang
    led: {type: x}"""
TIDY = """\
# a comment
flow: garage
format: 1
doc: >-  # folded
  What it does
    in a text.
vars: {}

nodes:

  # who
  rfid:   # the reader
    type: rfid-reader
    open:
      - days: mon
        from: 7:00

      - {days: tue, from: 8:00,}  # also
    # pin: 5
    tall: {a:  1,
           b: [1,
             2]}   # end
    text: "two
      lines"
    say: |
      first
        second

      third

  # -- then -----
  #!shebang
  led: {type: x}
"""


def test_the_format_at_a_glance():
    assert formatted(FlowText(UNTIDY)).text == TIDY


@pytest.mark.parametrize(
    ("text", "tidy"),
    [
        pytest.param("a:\n- b\n", "a:\n  - b\n", id="a list at the column of its key"),
        pytest.param("a:\n-\n   b: c\n", "a:\n  -\n    b: c\n", id="a dash alone"),
        pytest.param("a: 1\r\nb:  2\n", "a: 1\r\nb: 2\r\n", id="two kinds of line breaks"),
        pytest.param("\ufeffa:  1\n", "\ufeffa: 1\n", id="a byte order mark"),
        pytest.param("a: |\n  x", "a: |-\n  x\n", id="a text that ends with the file"),
        pytest.param("a: |+\n  x\n\n\n", "a: |+\n  x\n\n\n", id="empty lines of a text"),
        pytest.param(
            "a:\n    b: |2\n         x\n", "a:\n  b: |2\n       x\n", id="an indented text"
        ),
        pytest.param("a: 'x   \n\n\n  y'\n", "a: 'x   \n\n\n  y'\n", id="lines of a quote"),
        pytest.param("a:\n       word\n", "a:\n  word\n", id="a value below its key"),
        pytest.param("a: {b : c, d}\n", "a: {b: c, d}\n", id="a key without a value"),
        pytest.param("a: b #é\n", "a: b  # é\n", id="a comment close by"),
        pytest.param("a:\n  b: 1\n # c\nd: 2\n", "a:\n  b: 1\n# c\nd: 2\n", id="between levels"),
    ],
)
def test_a_detail_has_its_form(text, tidy):
    assert formatted(FlowText(text)).text == tidy


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(
            "a:\n  b: [1\nc: 2\n",
            "f.yaml:2:6: '[' is not closed; add ']'; mend this first",
            id="broken syntax",
        ),
        pytest.param(
            "? a\n: b\n",
            "f.yaml:1: 'a' stands behind '?' and cannot be edited there; begin a line with it",
            id="a key behind a question mark",
        ),
    ],
)
def test_what_cannot_be_formatted_is_told(text, why):
    with pytest.raises(Refused) as refused:
        formatted(FlowText(text, "f.yaml"))
    assert str(refused.value) == why
