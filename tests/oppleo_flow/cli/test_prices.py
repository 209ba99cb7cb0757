import re

import pytest

from oppleo_flow.cli import main


def test_a_price_holds_from_midnight_at_the_site(site, capsys):
    assert main(["prices", "set", "0.35", "--from", "2026-01-01"]) == 0
    assert capsys.readouterr().out == "0.35 EUR per kWh from 2026-01-01 on\n"


def test_prices_are_listed_the_oldest_first(site, capsys):
    main(["prices", "set", "0.2095", "--from", "2027-01-01"])
    main(["prices", "set", "0.35", "--from", "2026-07-01"])
    capsys.readouterr()
    assert main(["prices", "list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "from           per kWh",
        "2026-07-01    0.35 EUR",
        "2027-01-01  0.2095 EUR",
    ]


def test_without_a_day_a_price_holds_from_now_on(site, capsys):
    assert main(["prices", "set", "0.35"]) == 0
    shown = capsys.readouterr().out
    assert re.fullmatch(r"0\.35 EUR per kWh from \d{4}-\d\d-\d\d \d\d:\d\d:\d\d on\n", shown)


def test_a_price_is_never_changed(site, capsys):
    main(["prices", "set", "0.35", "--from", "2026-01-01"])
    assert main(["prices", "set", "0.36", "--from", "2026-01-01"]) == 3
    assert capsys.readouterr().err == (
        "oppleo-flow: price: there is one from 2026-01-01T00:00:00+01:00 already; "
        "a price does not change, add one from a later moment\n"
    )


@pytest.mark.parametrize(
    ("words", "line"),
    [
        pytest.param(["0,35"], "a price such as 0.35 is needed, got '0,35'", id="a comma"),
        pytest.param(["NaN"], "a price such as 0.35 is needed, got 'NaN'", id="not a number"),
        pytest.param(
            ["0.35", "--from", "1-1-2026"],
            "--from: a day such as 2026-01-31 is needed, got '1-1-2026'",
            id="a day in another order",
        ),
    ],
)
def test_what_is_no_price_is_refused(site, capsys, words, line):
    assert main(["prices", "set", *words]) == 2
    assert capsys.readouterr().err == f"oppleo-flow: {line}; see `oppleo-flow prices --help`\n"


def test_without_a_ledger_there_is_nothing_to_list(site, capsys):
    assert main(["prices", "list"]) == 1
    assert capsys.readouterr().err == (
        f"oppleo-flow: {site}/.oppleo/ledger.sqlite: there is no ledger yet; "
        "start `oppleo-flow run` once\n"
    )


def test_the_simulation_has_prices_of_its_own(site, capsys):
    main(["prices", "set", "0.35", "--from", "2026-01-01", "--simulate"])
    assert (site / ".oppleo" / "simulated" / "ledger.sqlite").is_file()
    assert not (site / ".oppleo" / "ledger.sqlite").exists()
