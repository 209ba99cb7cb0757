from datetime import UTC, datetime, timedelta

import pytest

from oppleo_flow.cli import main
from oppleo_flow.payloads import MeterReading
from oppleo_flow.store import StoreLocation, open_ledger

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
ADD = ("add", "meter", "--make", "Eastron", "--model", "SDM630", "--mid", "--calibrated", "2019")


@pytest.fixture
def read(site):
    """Let the ledger of the site have readings: of an old meter, and a new one from noon on."""
    with open_ledger(StoreLocation(site / ".oppleo" / "ledger.sqlite"), "garage") as ledger:
        ledger.readings.record(
            [
                MeterReading.sample(time=NOON - timedelta(hours=1), energy_import_wh=8_000_000),
                MeterReading.sample(time=NOON - timedelta(minutes=1), energy_import_wh=8_123_400),
                MeterReading.sample(time=NOON, energy_import_wh=100, serial="24"),
                MeterReading.sample(time=NOON + timedelta(minutes=1), energy_import_wh=900),
            ]
        )


def told(capsys, *words: str) -> list[str]:
    capsys.readouterr()
    assert main(["meters", *words]) == 0
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_an_exchange_takes_the_last_register_of_the_old_one_and_the_first_of_the_new(read, capsys):
    assert told(capsys, *ADD) == [
        "meter 'meter' is known, from 2026-01-15 12:00:00 on, first at 8000.000 kWh"
    ]
    assert told(capsys, "exchange", "meter", "--model", "SDM630", "--serial", "24") == [
        "meter 'meter': Eastron SDM630 ended at 8123.400 kWh, SDM630 no. 24 is known, "
        "from 2026-01-15 13:00:00 on, first at 0.100 kWh"
    ]
    assert told(capsys, "list") == [
        "name make model serial mid calibrated register from first until last",
        "meter Eastron SDM630 MID 2019 import 2026-01-15 12:00:00 8000.000 kWh "
        "2026-01-15 13:00:00 8123.400 kWh",
        "meter SDM630 24 import 2026-01-15 13:00:00 0.100 kWh",
    ]


def test_what_is_told_of_an_exchange_counts(site, capsys):
    told(capsys, *ADD, "--at", "2026-01-01", "--first-kwh", "0")
    assert told(
        capsys,
        *("exchange", "meter", "--serial", "24", "--at", "2026-03-01T14:30"),
        *("--last-kwh", "8123.456", "--first-kwh", "0.1"),
    ) == [
        "meter 'meter': Eastron SDM630 ended at 8123.456 kWh, no. 24 is known, "
        "from 2026-03-01 14:30:00 on, first at 0.100 kWh"
    ]


def test_what_is_found_out_later_is_added(site, capsys):
    told(capsys, *ADD, "--at", "2026-01-01T00:00Z")
    assert told(capsys, "change", "meter", "--serial", "19", "--no-mid") == [
        "meter 'meter' is Eastron SDM630 no. 19"
    ]
    assert told(capsys, "list")[1] == (
        "meter Eastron SDM630 19 no MID 2019 import 2026-01-01 01:00:00"
    )


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        pytest.param(
            ["change", "meter"],
            2,
            "nothing would change; say what is another, such as --model; "
            "see `oppleo-flow meters change --help`",
            id="a change of nothing",
        ),
        pytest.param(
            ["exchange", "meter"],
            2,
            "--serial or --at: say which one it is, or when; "
            "see `oppleo-flow meters exchange --help`",
            id="an exchange for nobody knows what",
        ),
        pytest.param(
            ["exchange", "meter", "--serial", "24"],
            2,
            "--at: say when; it has not been read yet; see `oppleo-flow meters exchange --help`",
            id="an exchange nobody knows when",
        ),
        pytest.param(
            ["change", "house", "--mid"],
            3,
            "meter 'house': is not known; add it with `oppleo-flow meters add`",
            id="one that nobody knows",
        ),
    ],
)
def test_what_cannot_be_is_refused(site, capsys, words, code, line):
    main(["meters", *ADD, "--at", "2026-01-01"])
    capsys.readouterr()
    assert main(["meters", *words]) == code
    assert capsys.readouterr().err == f"oppleo-flow: {line}\n"


@pytest.mark.parametrize("text", ["x", "-1", "0.0001", "NaN", "inf"])
def test_a_register_is_whole_watt_hours(site, capsys, text):
    assert main(["meters", *ADD, f"--first-kwh={text}"]) == 2
    assert f"kWh such as 8123.456 are needed, got {text!r}" in capsys.readouterr().err
