from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from oppleo_flow.charging.month import Month
from oppleo_flow.reports import ReportRequest

REQUEST = ReportRequest(
    ledger=Path("/somewhere/ledger.sqlite"),
    charge_point="my-charger",
    month=Month(2026, 1),
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
            replace(REQUEST, currency="GBP", meter="house", simulated=True), id="everything"
        ),
    ],
)
def test_a_request_can_be_written_as_a_command_line_and_read_back(request_):
    assert ReportRequest.parse(request_.arguments()) == request_


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        (
            "--month",
            "2026-13",
            "argument --month: a month such as 2026-01 is needed, got '2026-13'",
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
