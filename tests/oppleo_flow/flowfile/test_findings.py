import pytest

from oppleo_flow.flowfile.findings import Finding, Report
from oppleo_flow.flowfile.graph import Place
from oppleo_flow.flowfile.tree import Mark

WRONG = Finding(
    "option-value",
    "error",
    Place("f.yaml", 12, 10),
    "'pin' must be at most 27, got 99",
    "evse",
    "    pin: 99",
)


def test_a_finding_shows_its_line_with_a_caret_below_it() -> None:
    assert WRONG.render() == (
        "f.yaml:12:10: evse: 'pin' must be at most 27, got 99\n"
        "    12 |     pin: 99\n"
        "       |          ^"
    )


def test_a_warning_says_that_it_is_one() -> None:
    warning = Finding("cycle", "warning", Place("f.yaml", 3, 1), "a → a is a circle")
    assert warning.render() == "f.yaml:3:1: warning: a → a is a circle"


def test_a_note_says_that_it_is_one() -> None:
    note = Finding("cycle", "info", Place("f.yaml", 3, 1), "nothing takes 'a.out'")
    assert note.render() == "f.yaml:3:1: info: nothing takes 'a.out'"


def test_a_long_line_is_cut_around_the_caret() -> None:
    long = Finding(
        "tab", "error", Place("f.yaml", 1, 501), "here", source="a" * 500 + "!" + "b" * 500
    )
    head, line, caret = long.render().splitlines()
    assert head == "f.yaml:1:501: here"
    assert line[caret.index("^")] == "!"
    assert len(line) < 140


def test_what_a_terminal_would_obey_is_shown_as_a_space() -> None:
    rude = Finding("yaml-syntax", "error", Place("f.yaml", 1, 1), "here", source="a\x1b[31m\tb")
    assert rude.render().splitlines()[1] == "     1 | a [31m b"


def test_programs_get_plain_data() -> None:
    assert WRONG.as_json() == {
        "code": "option-value",
        "severity": "error",
        "file": "f.yaml",
        "line": 12,
        "column": 10,
        "node": "evse",
        "message": "'pin' must be at most 27, got 99",
        "source": "    pin: 99",
        "instances": [],
    }


def test_findings_come_in_the_order_of_the_file_and_each_once() -> None:
    report = Report("f.yaml", ["a", "b"])
    report.warning("cycle", Mark(1, 0), "second")
    report.error("tab", Mark(0, 0), "first")
    report.error("tab", Mark(0, 0), "first")
    assert [f.headline() for f in report.findings()] == [
        "f.yaml:1:1: first",
        "f.yaml:2:1: warning: second",
    ]


def test_after_two_hundred_findings_only_their_number_is_told() -> None:
    report = Report("f.yaml", [])
    for line in range(250):
        report.error("cycle", Mark(line, 0), "wrong")
    findings = report.findings()
    assert len(findings) == 201
    assert findings[-1].headline() == "f.yaml:201:1: and 50 more"


def test_what_is_left_out_is_what_matters_least() -> None:
    report = Report("f.yaml", [])
    for line in range(250):
        report.info("cycle", Mark(line, 0), "look")
    report.error("tab", Mark(300, 0), "last")
    findings = report.findings()
    assert findings[-2].headline() == "f.yaml:200:1: info: and 51 more"
    assert findings[-1].headline() == "f.yaml:301:1: last"


@pytest.mark.parametrize(
    ("severity", "last"),
    [
        pytest.param("warning", "warning", id="warnings that are left out are warnings"),
        pytest.param("error", "error", id="an error that is left out stays an error"),
    ],
)
def test_what_is_left_out_keeps_its_weight(severity: str, last: str) -> None:
    report = Report("f.yaml", [])
    for line in range(201):
        report.warning("cycle", Mark(line, 0), "look")
    getattr(report, severity)("cycle", Mark(300, 0), "last")
    assert report.findings()[-1].severity == last


def test_the_value_of_a_secret_is_blotted_out_of_every_message() -> None:
    report = Report("f.yaml", [])
    report.error("cycle", Mark(0, 0), "cannot log in with 'hunter2'")
    assert report.findings(["hunter2", ""])[0].message == "cannot log in with '(secret)'"


def test_a_finding_belongs_to_the_node_in_whose_lines_it_is() -> None:
    report = Report("f.yaml", [])
    report.error("tab", Mark(5, 0), "a tab")
    report.error("tab", Mark(9, 0), "a tab")
    assert [f.node for f in report.findings((), [("f.yaml", 4, 6, "meter")])] == ["meter", None]
