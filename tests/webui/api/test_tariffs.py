"""What a kWh costs, over the API."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from oppleo_flow.payloads import MarketPrice, MarketPrices
from tests.webui.api.painted_site import NOON, SHIPPED, painted_site

FLAT = {"per_kwh": "0.35"}
MIDNIGHT = "2026-01-31T23:00:00+00:00"


@pytest.fixture
def site(tmp_path):
    with painted_site(tmp_path) as site:
        yield site


def told(site):
    status, answer = site.ask("GET", "prices")
    assert status == 200
    return answer


def add(site, **body):
    return site.ask("POST", "prices", body)


def test_where_nobody_has_said_what_a_kwh_costs_there_is_no_price(site):
    assert told(site) == {
        "items": [],
        "total": 0,
        "currency": "EUR",
        "timezone": "Europe/Amsterdam",
        "calendars": ["offpeak"],
        "sources": [],
        "open_sessions": 0,
    }


def test_a_price_from_next_month_holds_from_that_midnight_at_the_site(site):
    add(site, **FLAT)
    status, answer = add(site, from_day="2026-02-01", per_kwh="0.4125")
    assert status == 201
    coming, now = answer["items"]
    assert (coming["state"], coming["per_kwh"], coming["valid_from"]) == (
        "coming",
        "0.4125",
        MIDNIGHT,
    )
    assert (now["state"], now["valid_until"]) == ("now", MIDNIGHT)
    status, again = add(site, from_day="2026-02-01", per_kwh="0.50")
    assert (status, again["code"]) == (409, "refused")


def test_a_price_by_peak_and_off_peak_keeps_the_hours_as_they_are_now(site):
    body = {"per_kwh": "0.40", "off_peak_per_kwh": "0.30", "calendar": "offpeak"}
    (price,) = add(site, **body)[1]["items"]
    assert (price["per_kwh"], price["off_peak_per_kwh"], price["parts"]) == ("0.40", "0.30", [])
    assert price["week"] == [[[0, 420], [1380, 1440]]] * 5 + [[[0, 1440]]] * 2
    site.ask("PATCH", "calendars/offpeak", {"revision": site.revision, "week": [[]] * 7})
    assert told(site)["items"][0]["week"] == price["week"]


def test_a_price_is_made_up_of_its_parts_with_vat_on_their_sum(site):
    parts = [
        {"name": "energy", "per_kwh": "0.15", "off_peak_per_kwh": "0.08"},
        {"name": "<i>tax</i>", "per_kwh": "0.10"},
    ]
    (price,) = add(site, parts=parts, vat_percent="21", calendar="offpeak")[1]["items"]
    assert (price["per_kwh"], price["off_peak_per_kwh"], price["vat_percent"]) == (
        "0.3025",
        "0.2178",
        "21",
    )
    assert price["parts"] == [parts[0], {**parts[1], "off_peak_per_kwh": None}]


def test_a_session_that_is_under_way_at_a_new_price_is_cut_in_two_and_each_tells_its_own(site):
    add(site, **FLAT)
    site.house.world.plug_in()
    site.house.world.swipe("family")
    site.house.run_for(600)
    assert told(site)["open_sessions"] == 1
    add(site, per_kwh="0.50")
    site.house.run_for(600)
    site.house.world.swipe("family")
    site.house.run_for(60)
    newer, older = told(site)["items"]
    assert (newer["sessions"], older["sessions"]) == (1, 1)
    (session,) = site.ledger.sessions.latest(1)
    assert [part.per_kwh for part in session.slices] == [Decimal("0.35"), Decimal("0.50")]


def test_only_a_price_that_is_still_to_come_is_taken_back(site):
    (now,) = add(site, **FLAT)[1]["items"]
    status, said = site.ask("DELETE", f"prices/{now['price_version_id']}")
    assert (status, said["detail"]) == (
        409,
        f"price: holds since {now['valid_from']}; a price does not change, "
        "add one from a later moment",
    )
    coming = add(site, from_day="2026-02-01", per_kwh="0.41")[1]["items"][0]
    assert site.ask("DELETE", f"prices/{coming['price_version_id']}")[0] == 200
    assert [one["state"] for one in told(site)["items"]] == ["now"]
    assert site.ask("DELETE", f"prices/{coming['price_version_id']}")[0] == 409
    assert site.ask("DELETE", "prices/x")[0] == 404


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({}, "a component, or a source of market prices, is needed"),
        ({"per_kwh": "0.35", "off_peak_per_kwh": "0.2"},
         "off_peak_per_kwh: needs a calendar that says when it holds"),
        ({"per_kwh": "0.35", "vat_percent": "21"},
         "per_kwh: is the whole price; parts, VAT and a source go without it"),
        ({"per_kwh": "0.35", "calendar": "dal"}, "calendar: there is no 'dal'; known: offpeak"),
        ({"per_kwh": "-0.35"}, "price_per_kwh: 0 or more, with at most 6 decimals, got -0.35"),
        ({"per_kwh": "0.1234567"},
         "price_per_kwh: 0 or more, with at most 6 decimals, got 0.1234567"),
        ({"per_kwh": 0.35}, "the body is not what this address takes"),
        ({"per_kwh": "NaN"}, "the body is not what this address takes"),
    ],
)  # fmt: skip
def test_what_is_no_price_is_refused(site, body, detail):
    status, answer = add(site, **body)
    assert (status, answer["code"], answer["detail"]) == (422, "wrong-body", detail)
    assert told(site)["items"] == []


def test_market_prices_are_shown_with_the_node_that_fetches_them(tmp_path):
    (tmp_path / "prices.csv").write_text("start,price\n2026-01-15T12:00Z,0.08\n")
    source = "nodes:\n  market: {type: price-source, file: prices.csv, format: csv, length: 1h}\n\n"
    text = SHIPPED.read_text().replace("nodes:\n", source, 1)
    with painted_site(tmp_path, text) as site:
        slot = MarketPrice(NOON, NOON + timedelta(hours=1), Decimal("0.08"))
        site.ledger.market.record(MarketPrices("day-ahead", "EUR", (slot,)))
        (found,) = told(site)["sources"]
        assert (found["source"], found["node"]) == ("day-ahead", "market")
        (price,) = found["prices"]
        assert (price["per_kwh"], datetime.fromisoformat(price["since"])) == ("0.08", NOON)
        (mine,) = add(site, source="day-ahead", vat_percent="21")[1]["items"]
        assert (mine["source"], mine["per_kwh"]) == ("day-ahead", "0.00")
