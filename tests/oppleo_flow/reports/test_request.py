from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from oppleo_flow.charging.period import Period
from oppleo_flow.charging.selection import Selection
from oppleo_flow.charging.statement_settings import StatementFacts
from oppleo_flow.errors import Refused
from oppleo_flow.reports import Issue, ReportRequest

REQUEST = ReportRequest(
    ledger=Path("/somewhere/ledger.sqlite"),
    charge_point="my-charger",
    period=Period.parse("2026-01"),
    zone=ZoneInfo("Europe/Amsterdam"),
    formats=("xlsx", "pdf"),
    folder=Path("a folder"),
    created_at=datetime(2026, 2, 1, 5, 0, tzinfo=UTC),
)


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(REQUEST, id="the least"),
        pytest.param(
            replace(
                REQUEST,
                period=Period.parse("2026-01-05_2026-02-10"),
                formats=("csv-excel",),
                currency="GBP",
                meter="house",
                simulated=True,
                selection=Selection(card="Zoë's", cost_centre="a b"),
                facts=StatementFacts(employer="Acme", agreed_per_kwh=Decimal("0.32")),
                profile="nl",
                language="nl",
                issue=Issue("somebody", Path("an archive")),
            ),
            id="everything",
        ),
        pytest.param(
            replace(REQUEST, issue=Issue("-h", Path("an archive"))),
            id="somebody who is called as an option is",
        ),
    ],
)
def test_a_request_can_be_written_as_a_command_line_and_read_back(request_):
    assert ReportRequest.parse(request_.arguments()) == request_


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        (
            "--period",
            "2026-13",
            "argument --period: a month such as 2026-01 is needed, got '2026-13'",
        ),
        (
            "--zone",
            "Amsterdam",
            "argument --zone: "
            "an IANA time zone such as Europe/Amsterdam is needed, got 'Amsterdam'",
        ),
    ],
)
def test_what_cannot_be_understood_is_refused_in_one_line(capsys, option, value, message):
    words = REQUEST.arguments()
    words[words.index(option) + 1] = value
    with pytest.raises(SystemExit) as ended:
        ReportRequest.parse(words)
    assert ended.value.code == 2
    assert (
        capsys.readouterr().err.splitlines()[-1]
        == f"python -m oppleo_flow.reports: error: {message}"
    )


def test_what_has_not_ended_is_never_issued():
    """Oppleo issues a receipt of the running month, with the number of the whole one."""
    early = replace(
        REQUEST,
        created_at=datetime(2026, 1, 31, 22, 59, 59, tzinfo=UTC),
        issue=Issue("somebody", Path("archive")),
    )
    with pytest.raises(Refused) as refused:
        early.check()
    assert str(refused.value) == (
        "statement of 2026-01: the period ends on 2026-02-01 at 00:00 (Europe/Amsterdam); "
        "until then there are only previews"
    )
    replace(early, created_at=datetime(2026, 1, 31, 23, 0, tzinfo=UTC)).check()
    replace(early, issue=None).check()
