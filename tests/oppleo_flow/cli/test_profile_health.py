from datetime import date, datetime

import pytest

from oppleo_flow.cli import main
from oppleo_flow.cli.profile_health import day_at, diagnosis
from oppleo_flow.cli.settings_file import read_settings

BELGIUM = "statement: {profile: be, region: brussels}\n"


@pytest.fixture
def in_brussels(site):
    (site / "oppleo.yaml").write_text((site / "oppleo.yaml").read_text() + BELGIUM)
    flow = "flow: charge-point\nformat: 1\nnodes: {tick: {type: schedule, every: 1h}}\n"
    (site / "flows").mkdir()
    (site / "flows" / "charge-point.yaml").write_text(flow)
    return site


def test_a_day_that_no_published_price_covers_is_named(in_brussels, capsys):
    assert main(["check", "--on", "2026-07-01"]) == 0
    assert capsys.readouterr().out.startswith(
        f"{in_brussels}/oppleo.yaml:6:1: warning: profile 'be', brussels: no price is known for "
        "2026-07-01, so statements say that what may be reimbursed is unknown; install a newer "
        "version of oppleo-flow, or choose another `basis`\n"
    )


def test_a_day_with_a_published_price_is_not(in_brussels, capsys):
    assert main(["check", "--on", "2026-06-30"]) == 0
    assert "no price is known" not in capsys.readouterr().out


def test_what_is_no_day_is_refused(in_brussels, capsys):
    assert main(["check", "--on", "tomorrow"]) == 2
    assert capsys.readouterr().err == (
        "oppleo-flow: --on: a day such as 2026-01-31 is needed, got 'tomorrow'; "
        "see `oppleo-flow check --help`\n"
    )


@pytest.mark.parametrize(
    ("day", "level"),
    [
        pytest.param(date(2026, 6, 30), "ok", id="the last day that is covered"),
        pytest.param(date(2026, 7, 1), "warn", id="the first that is not"),
    ],
)
def test_the_doctor_knows_it_too(in_brussels, day, level):
    found = diagnosis(read_settings(in_brussels / "oppleo.yaml"), day)
    assert found is not None
    assert found.level == level


@pytest.mark.parametrize(
    ("now", "day"),
    [
        pytest.param("2026-06-30T21:59:59Z", date(2026, 6, 30), id="the last second"),
        pytest.param("2026-06-30T22:00:00Z", date(2026, 7, 1), id="midnight in Amsterdam"),
    ],
)
def test_the_day_that_it_is_is_that_of_the_site(site, now, day):
    assert day_at(read_settings(site / "oppleo.yaml"), datetime.fromisoformat(now)) == day


def test_a_site_that_reimburses_by_no_rules_is_not_asked(site):
    assert diagnosis(read_settings(site / "oppleo.yaml"), date(2026, 7, 1)) is None
