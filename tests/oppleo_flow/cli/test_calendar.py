import csv
import io
import json
import shutil
from pathlib import Path

import pytest

from oppleo_flow.cli import main

SHIPPED = Path(__file__).parents[3] / "flows" / "charge-point.yaml"
DAL = """
calendars:
  dal:
    open:
      - {days: mon-fri, from: 23:00, to: 07:00}
      - {days: "sat,sun", from: 00:00, to: 24:00}
    holidays: [nl-off-peak, 2026-04-24]
"""


@pytest.fixture
def dal(site):
    with (site / "oppleo.yaml").open("a", encoding="utf-8") as settings:
        settings.write(DAL)
    (site / "flows").mkdir()
    shutil.copy(SHIPPED, site / "flows")
    return site


def asked(*words: str) -> list[str]:
    return ["calendar", "--name", "dal", "--from", "2026-03", *words]


def test_two_months_are_a_usual_week_and_the_days_that_differ(dal, capsys):
    assert main(asked("--months", "2")) == 0
    assert (
        capsys.readouterr().out
        == """\
dal: open from 2026-03-01 to 2026-04-30, by the clock of Europe/Amsterdam

every  open
mon    00:00-07:00 23:00-24:00
tue    00:00-07:00 23:00-24:00
wed    00:00-07:00 23:00-24:00
thu    00:00-07:00 23:00-24:00
fri    00:00-07:00 23:00-24:00
sat    00:00-24:00
sun    00:00-24:00

but on           open          h  because
2026-03-29  sun  00:00-24:00  23  the clock goes forward
2026-04-06  mon  00:00-24:00  24  Easter Monday
2026-04-24  fri  00:00-24:00  24  2026-04-24
2026-04-27  mon  00:00-24:00  24  King's Day
"""
    )


def test_twenty_four_months_are_told_unless_another_number_is_asked_for(dal, capsys):
    assert main(asked()) == 0
    head, *_ = capsys.readouterr().out.splitlines()
    assert head == "dal: open from 2026-03-01 to 2028-02-29, by the clock of Europe/Amsterdam"


def test_every_span_can_be_had_as_csv_with_its_offset(dal, capsys):
    assert main(asked("--months", "1", "--format", "csv")) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert rows[0] == {
        "calendar": "dal",
        "from": "2026-03-01T00:00+01:00",
        "to": "2026-03-02T00:00+01:00",
        "holiday": "",
    }
    assert [row["from"] for row in rows if row["to"].endswith("+02:00")][:2] == [
        "2026-03-29T00:00+01:00",
        "2026-03-30T00:00+02:00",
    ]


def test_every_span_can_be_had_as_json(dal, capsys):
    assert main(asked("--from", "2026-04", "--months", "1", "--format", "json")) == 0
    spans = json.loads(capsys.readouterr().out)
    assert [span["from"] for span in spans if span["holiday"] == "King's Day"] == [
        "2026-04-27T00:00+02:00"
    ]


def test_the_hours_that_stand_in_a_gate_are_told_by_its_id(dal, capsys):
    assert main(["calendar", "--from", "2026-03", "--months", "1", "--name", "offpeak"]) == 0
    assert capsys.readouterr().out.startswith("offpeak: open from 2026-03-01 to 2026-03-31, ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(
            ["--name", "nacht"],
            "--name: there is no calendar 'nacht'; known: dal, offpeak",
            id="a calendar that is not there",
        ),
        pytest.param(["--months", "0"], "--months: 1 to 120, got 0", id="no month at all"),
        pytest.param(
            ["--from", "mei"],
            "--from: a month such as 2026-01 is needed, got 'mei'",
            id="a month that is none",
        ),
    ],
)
def test_what_cannot_be_told_is_refused(dal, capsys, words, message):
    assert main(["calendar", *words]) == 2
    assert capsys.readouterr().err == (
        f"oppleo-flow: {message}; see `oppleo-flow calendar --help`\n"
    )


def test_a_gate_may_name_a_calendar_of_the_site_and_no_other(dal, capsys):
    flow = dal / "flows" / "charge-point.yaml"
    text = flow.read_text()
    start = text.index("    holidays: nl-off-peak")
    stop = text.index("  evse:\n    type")
    flow.write_text(text[:start] + "    calendar: dal\n\n" + text[stop:])
    assert main(["check", str(flow)]) == 0
    flow.write_text(text[:start] + "    calendar: nacht\n\n" + text[stop:])
    assert main(["check", str(flow)]) == 1
    said = capsys.readouterr()
    assert "no calendar 'nacht' under `calendars:` in oppleo.yaml; known: dal" in (
        said.out + said.err
    )
