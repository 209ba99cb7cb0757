import pytest

from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.mending import split_lines
from oppleo_flow.flowfile.source import parse


def findings(text: str) -> list[str]:
    report = Report("f", split_lines(text))
    parse(text, report)
    return [f.headline().removeprefix("f:") for f in report.findings()]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        pytest.param(
            "a:\n\tb: c\n  d: e\n",
            "2:1: a tab, where YAML wants spaces; replace it with spaces",
            id="a tab",
        ),
        pytest.param(
            "a:\n\tb:\n\t\tc: d\n\te: f\n",
            "2:1: a tab, where YAML wants spaces; replace it with spaces",
            id="many lines of tabs are told once",
        ),
        pytest.param(
            "nodes:\n  meter\n    type: x\n",
            "2:3: ':' is missing after 'meter'; write 'meter: …'",
            id="a key without its colon, blamed where it is",
        ),
        pytest.param(
            "a: 1\npin 5\nb: 2\n",
            "2:1: ':' is missing after 'pin'; write 'pin: …'",
            id="a value without a colon before it",
        ),
        pytest.param(
            "a: b: c\n",
            "1:5: a value with ': ' in it needs quotes around it",
            id="two colons on a line",
        ),
        pytest.param(
            "a: 1\n  b: 2\n",
            "2:3: indented more than the line above, which has a value already; line the two up",
            id="a line too far to the right",
        ),
        pytest.param(
            "a:\n  b: 1\n c: 2\n",
            "3:2: the indentation fits no line above; line it up with its neighbours",
            id="a line too far to the left",
        ),
        pytest.param(
            "a: @x\n", "1:4: a value that begins with '@' needs quotes around it", id="an at sign"
        ),
        pytest.param(
            "cron: */5 * * * *\n",
            "1:7: a value that begins with '*' needs quotes around it",
            id="a cron expression",
        ),
        pytest.param(
            "a: %5\n",
            "1:4: a value that begins with '%' needs quotes around it",
            id="a percent sign",
        ),
        pytest.param("a: [1, 2\nb: 3\n", "1:4: '[' is not closed; add ']'", id="an open list"),
        pytest.param("a: {b: 1\nc: 3\n", "1:4: '{' is not closed; add '}'", id="an open map"),
        pytest.param(
            "a: {b: 1 c: 2}\n", "1:11: a comma or '}' is missing here", id="a comma left out"
        ),
        pytest.param(
            "a: [\n",
            "1:5: the file ends in the middle of a value; close every [ and {",
            id="the end of the file",
        ),
        pytest.param(
            "a: 'x\nb: c\n",
            "1:4: the ' that opens here is not closed; close it on the same line",
            id="an open quote",
        ),
        pytest.param(
            'a: "x\nb: \'c\'\nc: "d"\n',
            '1:4: the " that opens here is not closed; close it on the same line',
            id="an open quote that a later one closes by accident",
        ),
        pytest.param(
            "a: 'it's'\n",
            "1:8: text after the closing quote; put all of the value within the quotes",
            id="a quote within quotes",
        ),
        pytest.param(
            'a: "C:\\dev"\n',
            "1:7: \\d means nothing within double quotes; use single quotes",
            id="a backslash",
        ),
        pytest.param(
            "a: ]\n",
            "1:4: ']' where a value should be; remove it, or put the value in quotes",
            id="a stray bracket",
        ),
        pytest.param(
            "a: - b\n",
            "1:4: a list with '- ' begins on a line of its own; here write [a, b]",
            id="a list begun on its key's line",
        ),
        pytest.param(
            "%YAML 7.3\n---\na: 1\n",
            "1:1: not YAML: found incompatible YAML document",
            id="what has no words of ours",
        ),
    ],
)
def test_broken_yaml_is_told_at_the_line_that_is_to_blame(text: str, finding: str) -> None:
    assert findings(text) == [finding]


def test_one_run_tells_of_every_broken_line() -> None:
    text = "a: b: c\nb: [1, 2\nc: @5\nd: good\ne: 'x' y\n\tf: g\nh: i: j\n"
    assert findings(text) == [
        "1:5: a value with ': ' in it needs quotes around it",
        "2:4: '[' is not closed; add ']'",
        "3:4: a value that begins with '@' needs quotes around it",
        "5:8: text after the closing quote; put all of the value within the quotes",
        "6:1: a tab, where YAML wants spaces; replace it with spaces",
        "7:5: a value with ': ' in it needs quotes around it",
    ]


def test_lines_that_only_continue_a_broken_one_are_not_told_of() -> None:
    text = "open: [\n  {days: mon-fri, from: 23:00},\n  {days: sat}\nnext: 1\nbad: a: b\n"
    assert findings(text) == [
        "1:7: '[' is not closed; add ']'",
        "5:7: a value with ': ' in it needs quotes around it",
    ]


def test_after_twenty_broken_lines_the_rest_is_not_read() -> None:
    told = findings("".join(f"k{n}: a: b\n" for n in range(50)))
    assert len(told) == 21
    assert told[-1] == "20:7: too much is broken above; the rest was not checked"
