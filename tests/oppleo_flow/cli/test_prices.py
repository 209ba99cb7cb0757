import re

import pytest

from oppleo_flow.cli import main
from oppleo_flow.store import StoreLocation, open_ledger


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
        pytest.param(
            ["0.35", "--from", "0206-01-31"],
            "--from: a day such as 2026-01-31 is needed, got '0206-01-31'",
            id="a slip in the year",
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


DAL = """
calendars:
  dal: {open: [{days: daily, from: 23:00, to: 07:00}], holidays: nl-off-peak}
"""


@pytest.fixture
def dal(site):
    with (site / "oppleo.yaml").open("a", encoding="utf-8") as settings:
        settings.write(DAL)
    return site


def test_a_price_may_have_another_in_the_off_peak_hours(dal, capsys):
    words = ["0.40", "--off-peak", "0.30", "--calendar", "dal", "--from", "2026-01-01"]
    assert main(["prices", "set", *words]) == 0
    assert capsys.readouterr().out == ("peak 0.4, off-peak 0.3 EUR per kWh from 2026-01-01 on\n")


def test_the_components_of_a_price_are_listed_with_it(dal, capsys):
    main(["prices", "set", "0.35", "--from", "2026-01-01"])
    words = ["--component", "energy=0.15/0.08", "--component", "tax=0.1", "--vat", "21"]
    main(["prices", "set", *words, "--calendar", "dal", "--from", "2026-07-01"])
    market = ["--market", "day-ahead", "--component", "tax=0.1", "--vat", "21"]
    main(["prices", "set", *market, "--from", "2027-01-01"])
    capsys.readouterr()
    assert main(["prices", "list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "from        per kWh                           made up of",
        "2026-01-01  0.35 EUR",
        "2026-07-01  peak 0.3025, off-peak 0.2178 EUR  energy 0.15/0.08, tax 0.1, VAT 21 %",
        "2027-01-01  day-ahead, VAT 21 %, + 0.121 EUR  tax 0.1, VAT 21 %",
    ]


def test_the_hours_of_a_price_are_those_that_held_when_it_was_set(dal, capsys):
    words = ["0.40", "--off-peak", "0.30", "--calendar", "dal", "--from", "2026-01-01"]
    main(["prices", "set", *words])
    settings = dal / "oppleo.yaml"
    settings.write_text(settings.read_text().replace("23:00", "21:00"))
    with open_ledger(StoreLocation(dal / ".oppleo" / "ledger.sqlite"), "garage") as ledger:
        (version,) = ledger.prices.all()
    (window,) = version.tariff.calendar.open
    assert (window.start, version.tariff.calendar.timezone) == (23 * 60, "Europe/Amsterdam")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        pytest.param([], "PRICE, --component or --market is needed", id="nothing"),
        pytest.param(
            ["0.40", "--component", "tax=0.1"],
            "PRICE is the whole price, --component a part of it; give one",
            id="the whole and a part",
        ),
        pytest.param(
            ["0.40", "--vat", "21"], "--vat goes with --component; PRICE has VAT in it", id="VAT"
        ),
        pytest.param(
            ["0.40", "--off-peak", "0.30"],
            "off-peak prices need a calendar that says when they hold",
            id="no hours",
        ),
        pytest.param(
            ["0.40", "--off-peak", "0.30", "--calendar", "nacht"],
            "--calendar: oppleo.yaml has no calendar 'nacht'; known: dal",
            id="hours that are not there",
        ),
        pytest.param(
            ["--component", "tax"], "--component: NAME=PRICE is needed, got 'tax'", id="no price"
        ),
        pytest.param(
            ["--component", "tax=0,1"], "a number such as 0.35 is needed, got '0,1'", id="a comma"
        ),
        pytest.param(
            ["--component", "tax=0.1", "--vat", "121"],
            "vat: a percentage from 0 to 100 is needed, got 121",
            id="more VAT than there can be",
        ),
        pytest.param(
            ["--component", "tax=0.1", "--off-peak", "0.3"],
            "--off-peak goes with PRICE; a component is written energy=0.15/0.08",
            id="an off-peak price of nothing",
        ),
    ],
)
def test_a_tariff_that_cannot_be_is_refused(dal, capsys, words, line):
    assert main(["prices", "set", *words]) == 2
    assert capsys.readouterr().err == f"oppleo-flow: {line}; see `oppleo-flow prices --help`\n"
