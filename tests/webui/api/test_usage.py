import csv
import io
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from openpyxl import load_workbook

from oppleo_flow.payloads import MeterReading, MeterUnknown
from oppleo_flow.store import StoreLocation, open_ledger
from webui.ports import SiteFacts

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
_NUMBERS = ("points", "limit")


def reading(second, energy_wh=0, **settings):
    return MeterReading.sample(
        time=NOON + second * SECOND, energy_import_wh=energy_wh, **{"power_w": 100.0} | settings
    )


@pytest.fixture
def ledger(tmp_path):
    with open_ledger(StoreLocation(tmp_path / "ledger.sqlite"), "garage") as ledger:
        yield ledger


@pytest.fixture
def ask(make_client, ledger, tmp_path):
    """Return what asks for something of the usage, by its query."""
    site = SiteFacts(
        books=lambda: ledger,
        ledger_file=tmp_path / "ledger.sqlite",
        charge_point="garage",
        timezone="Europe/Amsterdam",
    )
    client = make_client(site=site)

    def ask(what, **query):
        given = {name: value if name in _NUMBERS else at(value) for name, value in query.items()}
        return client.get(f"/api/v1/usage/{what}?{urlencode(given)}")

    return ask


def at(value):
    return (NOON + value * SECOND).isoformat() if isinstance(value, int) else value


def test_each_meter_is_told_with_the_time_that_it_has_readings_of(ask, ledger):
    ledger.readings.record([reading(0), reading(30)])
    assert ask("meters").json == {
        "items": [
            {
                "meter": "meter",
                "first": "2026-01-15T12:00:00+00:00",
                "newest": "2026-01-15T12:00:30+00:00",
            }
        ],
        "total": 1,
        "timezone": "Europe/Amsterdam",
    }


def test_a_graph_has_a_gap_where_the_meter_was_silent(ask, ledger):
    silent = MeterUnknown("meter", NOON + 20 * SECOND, "no answer")
    ledger.readings.record([reading(0, 5, power_w=50.0), reading(10, 7), silent, reading(60, 9)])
    found = ask("graph", since=0, until=100).json
    start = NOON.timestamp()
    assert found == {
        "meter": "meter",
        "slot_s": None,
        "times": [start, start + 10, start + 35, start + 60],
        "power_w": [50.0, 100.0, None, 100.0],
        "min_w": [50.0, 100.0, None, 100.0],
        "max_w": [50.0, 100.0, None, 100.0],
        "register_wh": [5, 7, None, 9],
        "energy_wh": [2, 0, None, 0],
        "known_s": [10.0, 0.0, 0.0, 0.0],
        "silences": [
            {
                "since": "2026-01-15T12:00:20+00:00",
                "until": "2026-01-15T12:01:00+00:00",
                "reason": "no answer",
            }
        ],
    }


def test_a_long_time_has_few_points_and_a_short_one_every_reading(ask, ledger):
    ledger.readings.record([reading(10 * number, number) for number in range(2000)])
    long = ask("graph", since=0, until=20_000, points=100).json
    assert long["slot_s"] == 900
    assert 20 <= len(long["times"]) <= 100
    short = ask("graph", since=1000, until=1500, points=100).json
    assert short["slot_s"] is None
    assert len(short["times"]) == 50


def test_slots_of_which_nothing_is_known_are_a_gap(ask, ledger):
    minutes = [*range(0, 120), *range(240, 360)]
    ledger.readings.record([reading(60 * minute, minute) for minute in minutes])
    found = ask("graph", since=0, until=6 * 3600, points=30).json
    assert found["slot_s"] == 900
    gap = found["power_w"].index(None)
    assert found["power_w"].count(None) == 1
    assert 2 * 3600 <= found["times"][gap] - NOON.timestamp() <= 4 * 3600


def test_the_currents_are_those_of_the_phases_that_the_meter_has(ask, ledger):
    phases = [(16.0, 15.5, 0.0), (10.0, 10.0, 10.0)]
    ledger.readings.record(
        [reading(10 * place, current_phases_a=one) for place, one in enumerate(phases)]
    )
    ledger.readings.record([MeterUnknown("meter", NOON + 15 * SECOND, "no answer"), reading(600)])
    found = ask("phases", since=0, until=100).json
    assert (found["every_s"], found["current_phases_a"]) == (
        None,
        [[16.0, 10.0], [15.5, 10.0], [0.0, 10.0]],
    )
    found = ask("phases", since=0, until=1000).json
    assert found["times"][2] == NOON.timestamp() + 305
    assert [one[2] for one in found["current_phases_a"]] == [None, None, None]


def test_single_currents_say_nothing_of_a_year(ask, ledger):
    ledger.readings.record([reading(10 * number) for number in range(20)])
    found = ask("phases", since=-365 * 86_400, until=86_400, points=10).json
    assert found == {"meter": "meter", "every_s": None, "times": None, "current_phases_a": []}


def test_readings_come_by_pages_and_by_their_time(ask, ledger):
    ledger.readings.record([reading(10 * number, number) for number in range(10)])

    def page(**query):
        found = ask("readings", limit=3, **query).json
        return [one["energy_import_wh"] for one in found["items"]], found["newer"], found["older"]

    assert page() == ([9, 8, 7], False, True)
    assert page(before=70) == ([6, 5, 4], True, True)
    assert page(after=40) == ([7, 6, 5], True, True)
    assert page(at=45) == ([5, 4, 3], True, True)
    assert ask("readings/new", after=70).json == {"meter": "meter", "count": 2, "most": 1000}


def test_a_reading_tells_what_each_phase_has_counted_where_the_meter_counts_them(ask, ledger):
    apart = (2_800_500, 0, 2_600_206)
    ledger.readings.record([reading(0, energy_phases_wh=()), reading(10, energy_phases_wh=apart)])
    items = ask("readings").json["items"]
    assert [one["energy_phases_wh"] for one in items] == [[*apart], []]


@pytest.mark.parametrize(
    ("what", "query", "status", "detail"),
    [
        pytest.param(
            "graph",
            {"since": 10, "until": 10},
            422,
            "since, until: a time of 50 years at most, the earlier first",
            id="a time without length",
        ),
        pytest.param(
            "graph",
            {"since": "2026-01-15T12:00:00", "until": 10},
            422,
            "since: Input should have timezone info",
            id="a time without a zone",
        ),
        pytest.param(
            "readings",
            {"before": 0, "after": 0},
            422,
            "before, after, at: only one of them may be given",
            id="two places in the table",
        ),
        pytest.param(
            "history",
            {"meter": "solar"},
            404,
            "meter: one of them is needed: meter",
            id="a meter that nobody has",
        ),
        pytest.param(
            "export",
            {"meter": "solar", "since": 0, "until": 10},
            404,
            "no meter 'solar' has readings",
            id="an export of a meter that nobody has",
        ),
    ],
)
def test_what_cannot_be_answered_is_refused_in_words(ask, ledger, what, query, status, detail):
    ledger.readings.record([reading(0)])
    found = ask(what, **query)
    assert (found.status, found.json["detail"]) == (status, detail)


def test_the_first_month_is_not_counted_from_0(ask, ledger):
    """It begins at 12:00 on 15 January with 4,000 Wh on the meter, which is not its usage."""
    minutes = range(0, 40 * 24 * 60, 30)
    ledger.readings.record([reading(60 * minute, 4000 + minute) for minute in minutes])
    found = ask("history").json
    january = datetime(2026, 1, 31, 23, tzinfo=UTC)  # local midnight
    first_wh = (january - NOON) // timedelta(minutes=1)
    assert found["months"] == [
        {
            "period": "2026-01",
            "energy_wh": first_wh,
            "whole": False,
            "since": "2026-01-15T12:00:00+00:00",
            "until": None,
            "exchanged": False,
        },
        {
            "period": "2026-02",
            "energy_wh": minutes[-1] - first_wh,
            "whole": False,
            "since": None,
            "until": (NOON + timedelta(minutes=minutes[-1])).isoformat(),
            "exchanged": False,
        },
    ]
    assert found["years"][0] | {"until": None} == {
        "period": "2026",
        "energy_wh": minutes[-1],
        "whole": False,
        "since": "2026-01-15T12:00:00+00:00",
        "until": None,
        "exchanged": False,
    }


def test_an_export_has_all_readings_of_the_time_not_those_of_a_page(ask, ledger):
    ledger.readings.record([reading(60 * number, number) for number in range(3000)])
    found = ask("export", meter="meter", since=0, until=60 * 2900, format="csv")
    assert found.headers["Content-Disposition"] == (
        'attachment; filename="readings-meter-20260115-20260117.csv"'
    )
    rows = list(csv.DictReader(io.StringIO(found.body.decode())))
    assert [int(row["energy_import_wh"]) for row in rows] == list(range(2900))
    assert rows[0]["time_utc"] == "2026-01-15T12:00:00+00:00"
    assert [rows[0][f"energy_l{phase}_wh"] for phase in (1, 2, 3)] == ["411522"] * 3


def test_the_name_of_an_export_has_the_days_of_the_site(ask, ledger):
    ledger.readings.record([reading(0)])
    # From midnight to midnight in Amsterdam, which is an hour before that of UTC.
    for since, until, format_ in (
        ("2025-12-31T23:00:00Z", "2026-01-31T23:00:00Z", "csv"),
        ("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "xlsx"),
    ):
        found = ask("export", meter="meter", since=since, until=until, format=format_)
        days = {"csv": "20260101-20260201", "xlsx": "20260329-20260330"}[format_]
        assert found.headers["Content-Disposition"] == (
            f'attachment; filename="readings-meter-{days}.{format_}"'
        )


def test_an_export_for_a_spreadsheet_opens_as_one(ask, ledger):
    one = {"serial": "=1+1", "current_phases_a": (16.0,), "energy_phases_wh": ()}
    ledger.readings.record([reading(0, 5, **one), reading(10)])
    found = ask("export", meter="meter", since=0, until=100, format="xlsx")
    sheet = load_workbook(io.BytesIO(found.body)).active
    titles, first, second = ([cell.value for cell in row] for row in sheet.iter_rows())
    row = dict(zip(titles, first, strict=True))
    assert row["time_utc"] == datetime(2026, 1, 15, 12, 0)  # noqa: DTZ001 (a sheet has no zones)
    assert (row["energy_import_wh"], row["current_l1_a"], row["current_l2_a"]) == (5, 16, None)
    assert row["energy_l1_wh"] is None
    assert row["serial"] == "'=1+1"
    assert len(second) == len(titles)
