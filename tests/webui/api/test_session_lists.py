"""Sessions over the API: lists, one whole, its graph, corrections, and files of them."""

import csv
import io
from datetime import UTC, datetime
from uuid import UUID

import openpyxl
import pytest

from oppleo_flow.charging.correction import Changes
from oppleo_flow.clock import VirtualClock
from oppleo_flow.payloads import MeterReading
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.wording import wording
from tests.webui.api.asking_as import DRIVER, OPERATOR, asked_by
from tests.webui.api.kept_books import NOW, site_of
from tests.webui.api.kept_desk import desk_in
from tests.webui.conftest import Client
from webui.app import create_app
from webui.parts import Parts


@pytest.fixture
def desk(runtime, feed, tmp_path):
    with desk_in(tmp_path, runtime, feed) as desk:
        yield desk


def path_of(number):
    return f"sessions/{UUID(int=number)}"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [4, 3, 2, 1]),
        ("?order=asc&limit=2", [1, 2]),
        ("?offset=3", [1]),
        ("?driver=Anna&state=closed", [3, 1]),
        ("?state=open", [4]),
        ("?since=2026-01-16&until=2026-02-01", [2]),
        ("?text=VAN%20sales", [4, 3, 1]),
        ("?sort=energy&order=desc", [3, 2, 1, 4]),
    ],
)
def test_a_list_is_filtered_sorted_and_cut(desk, query, found):
    assert desk.numbers(query) == found


def test_a_list_says_how_many_there_are_and_what_they_sum_up_to(desk):
    _, told = desk.get("sessions?limit=1")
    assert (told["total"], told["energy_wh"], told["amount"]) == (4, 6_000, "1.80")


@pytest.mark.parametrize(
    "query",
    [
        "?since=0001-01-01",
        "?sort=uid",
        "?state=lost",
        "?since=yesterday",
        "?limit=501",
        "?offset=-1",
        "?x=1",
    ],
)
def test_a_query_that_cannot_be_is_refused(desk, query):
    status, said = desk.get(f"sessions{query}")
    assert (status, said["code"]) == (422, "wrong-query")


def test_a_session_has_all_that_was_recorded(desk):
    _, told = desk.get(path_of(1))
    assert (told["meter_start_wh"], told["meter_end_wh"]) == (1_020_000, 1_021_000)
    assert told["meter_start_quality"] == "measured"
    assert told["slices"] == [
        {
            "since": "2026-01-15T12:00:00+00:00",
            "until": "2026-01-15T13:00:00+00:00",
            "energy_wh": 1_000,
            "tariff": "flat",
            "price_per_kwh": "0.30",
            "estimated": False,
        }
    ]
    assert (told["original"], told["corrections"]) == (None, [])


def test_the_graph_is_of_the_time_of_the_session(desk):
    _, told = desk.get(f"{path_of(2)}/graph")
    assert (told["meter"], told["slot_s"], len(told["points"])) == ("meter", None, 12)
    assert {point["mean_w"] for point in told["points"]} == {2000.0}
    _, told = desk.get(f"{path_of(4)}/graph")
    assert told["points"] == []


def test_a_correction_is_previewed_and_then_kept_with_who_and_why(desk):
    before = desk.get(path_of(1))[1]
    said = {"meter_end_wh": 1_020_500}
    status, shown = desk.post(f"{path_of(1)}/corrections/preview", said)
    assert (status, shown["energy_wh"], shown["amount"]) == (200, 500, "0.15")
    assert desk.get(path_of(1))[1] == before
    status, after = desk.post(f"{path_of(1)}/corrections", {**said, "why": "read by eye"})
    assert (status, after["energy_wh"], after["original"]["energy_wh"]) == (201, 500, 1_000)
    (kept,) = desk.ledger.corrections.of(UUID(int=1))
    assert (kept.who, kept.why, kept.changes) == (
        "Otto",
        "read by eye",
        Changes(meter_end_wh=1_020_500),
    )
    about = f"session {UUID(int=1)}: meter_end_wh"
    assert desk.notes.deeds_done == [("Otto", "correction", about, "read by eye")]
    assert after["corrections"] == [
        {
            "at": NOW.isoformat(),
            "who": "Otto",
            "why": "read by eye",
            "changes": {"meter_end_wh": 1_020_500},
        }
    ]
    assert desk.numbers("?state=flagged") == [1]


def test_a_time_without_a_zone_is_by_the_sites_clock(desk):
    said = {"ended_at": "2026-01-15T14:30", "why": "the clock on the wall"}
    _, after = desk.post(f"{path_of(1)}/corrections", said)
    assert after["ended_at"] == "2026-01-15T13:30:00+00:00"


@pytest.mark.parametrize(
    ("number", "body", "status"),
    [
        pytest.param(1, {"why": "x"}, 409, id="nothing is different"),
        pytest.param(1, {"meter_end_wh": 1, "why": "x"}, 409, id="backwards"),
        pytest.param(4, {"void": True, "why": "x"}, 409, id="open"),
        pytest.param(9, {"void": True, "why": "x"}, 409, id="not known"),
        pytest.param(1, {"void": True}, 422, id="no reason"),
        pytest.param(1, {"void": True, "why": "x", "who": "Zoë"}, 422, id="in another's name"),
        pytest.param(1, {"meter_end_wh": 10**30, "why": "x"}, 422, id="more than a meter shows"),
        pytest.param(1, {"ended_at": "2026-02-30T12:00", "why": "x"}, 422, id="no such day"),
        pytest.param(1, {"ended_at": "0001-01-01T00:00", "why": "x"}, 422, id="long ago"),
    ],
)
def test_a_correction_that_cannot_be_is_refused(desk, number, body, status):
    assert desk.post(f"{path_of(number)}/corrections", body)[0] == status
    assert desk.ledger.corrections.of(UUID(int=number)) == []


@pytest.mark.parametrize(
    ("shown", "detail"),
    [
        pytest.param(
            "2025-10-26T02:30:00",
            "started_at: the clock showed it twice when it went back; say "
            "2025-10-26T02:30:00+02:00 or 2025-10-26T02:30:00+01:00",
            id="the hour that comes twice",
        ),
        pytest.param(
            "2025-03-30T02:30:00",
            "started_at: the clock left it out when it went forward; say "
            "2025-03-30T01:30:00+01:00 or 2025-03-30T03:30:00+02:00",
            id="the hour that does not come",
        ),
    ],
)
def test_a_time_that_is_two_or_none_by_the_clock_is_refused_with_both_named(desk, shown, detail):
    status, said = desk.post(f"{path_of(1)}/corrections/preview", {"started_at": shown})
    assert (status, said["code"], said["detail"]) == (422, "which-time", detail)
    for choice in detail.partition("; say ")[2].split(" or "):
        asked = {"started_at": choice}
        status, shown_as = desk.post(f"{path_of(1)}/corrections/preview", asked)
        assert status == 200
        meant = datetime.fromisoformat(choice)
        assert datetime.fromisoformat(shown_as["started_at"]) == meant


def test_a_driver_sees_their_own_sessions_alone(desk):
    asked_by(desk.app, DRIVER)
    assert desk.numbers() == [4, 3, 1]
    assert desk.numbers("?driver=Ben") == [4, 3, 1]
    assert desk.get(path_of(1))[0] == 200
    for path in (path_of(2), path_of(77), f"{path_of(2)}/graph", "sessions/x"):
        status, said = desk.get(path)
        assert (status, said["code"]) == (404, "no-such-session")
    _, names = desk.get("sessions/names")
    assert (names["drivers"], names["vehicles"]) == (["Anna"], ["van"])
    assert names["only_driver"] == "Anna"
    status, history = desk.get("statements/history")
    assert [one["sessions"] for one in history["items"]] == [0, 1, 1]


def test_the_names_are_what_can_be_filtered_by(desk):
    _, names = desk.get("sessions/names")
    assert names["cards"] == ["<script>alert(1)</script>", "=1+1", "blue"]
    assert (names["cost_centres"], names["currency"]) == (["Sales"], "EUR")
    assert {"nl", "de", "be"} <= set(names["profiles"])


def test_the_first_month_is_that_of_the_first_session_or_reading(desk):
    assert desk.get("sessions/names")[1]["first_month"] == "2026-01"
    late = datetime(2025, 11, 30, 23, 30, tzinfo=UTC)  # it is December in Amsterdam
    desk.ledger.readings.record([MeterReading.sample(time=late)])
    assert desk.get("sessions/names")[1]["first_month"] == "2025-12"
    asked_by(desk.app, DRIVER)  # who is told of their own sessions alone
    assert desk.get("sessions/names")[1]["first_month"] == "2026-01"


def test_where_nothing_was_charged_or_read_there_is_no_first_month(runtime, feed, tmp_path):
    location = StoreLocation(tmp_path / "ledger.sqlite")
    with open_ledger(location, "cp") as ledger:
        site = site_of(ledger, location, tmp_path, VirtualClock(NOW))
        parts = Parts(runtime=runtime, feed=feed, site=site)
        app = create_app(parts, built_page=tmp_path / "page")
        asked_by(app, OPERATOR)
        assert Client(app).get("/api/v1/sessions/names").json["first_month"] is None


def test_what_is_filtered_is_exported_as_a_workbook(desk):
    answer = desk.client.get("/api/v1/sessions/export?format=xlsx&driver=Anna")
    assert answer.status == 200
    named = answer.headers["Content-Disposition"]
    assert named == "attachment; filename*=UTF-8''sessions-cp-2026-03-10.xlsx"
    sheet = openpyxl.load_workbook(io.BytesIO(answer.body)).active
    titles, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    say = wording("en")
    card, energy = (
        titles.index(say(f"statement.column.{name}")) for name in ("card", "energy_kwh")
    )
    assert [(row[card], row[energy]) for row in rows] == [("=1+1", None), ("blue", 3), ("blue", 1)]
    kinds = {cell.data_type for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds


def test_what_is_filtered_is_exported_as_csv(desk):
    answer = desk.client.get("/api/v1/sessions/export?format=csv&state=closed&order=asc")
    rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
    assert [row["card"] for row in rows] == ["blue", "<script>alert(1)</script>", "blue"]
    assert [row["energy_kwh"] for row in rows] == ["1.000", "2.000", "3.000"]


def test_what_is_filtered_is_exported_as_pdf_in_dutch(desk):
    answer = desk.client.get("/api/v1/sessions/export?format=pdf&language=nl")
    assert (answer.headers["Content-Type"], answer.body[:5]) == ("application/pdf", b"%PDF-")
    assert int(answer.headers["Content-Length"]) == len(answer.body)
