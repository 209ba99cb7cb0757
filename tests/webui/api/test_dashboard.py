"""The dashboard, over the API, of the shipped flow in a simulated house."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from oppleo_flow.charging.calendar_rules import SiteCalendars
from oppleo_flow.store import open_ledger
from oppleo_flow.testing.house import House
from tests.house.sources import ROOT
from tests.webui.api.asking_as import DRIVER, OPERATOR, asked_by
from tests.webui.conftest import Client
from tests.webui.graphs import SHIPPED
from webui.app import create_app
from webui.feed import Feed
from webui.parts import Parts
from webui.ports import SiteFacts

NOON = datetime(2026, 1, 15, 11, 0, tzinfo=UTC)  # a Thursday; 12:00 in Amsterdam
ELEVEN = "2026-01-15T22:00:00+00:00"


class Home:
    """A simulated house, somebody at its page, and a passer-by."""

    def __init__(self, house, ledger, folder, **facts):
        self.house, self.ledger = house, ledger
        self.feed = Feed(house.runtime, house.clock, most_streams=2)
        self.site = SiteFacts(
            clock=house.clock,
            books=lambda: ledger,
            timezone="Europe/Amsterdam",
            calendars=SiteCalendars(),
            state_folder=folder,
            **facts,
        )

    def asked_by(self, who, **facts):
        parts = Parts(
            runtime=self.house.runtime,
            feed=self.feed,
            sessions=self.ledger.sessions,
            site=replace(self.site, **facts),
        )
        app = create_app(parts, built_page=self.site.state_folder)
        asked_by(app, who)
        return Client(app)

    def point(self, who=OPERATOR):
        (point,) = self.asked_by(who).get("/api/v1/dashboard").json["points"]
        return point

    def why(self):
        point = self.point()
        return point["state"], [one["code"] for one in point["reasons"]]


@pytest.fixture
def make_home(tmp_path):
    opened = []

    def make(flow=SHIPPED, **variables):
        house = House(flow.read_text(), tmp_path, NOON, variables=variables)
        house.__enter__()
        ledger = open_ledger(house.location, "house")
        opened.append((house, ledger, made := Home(house, ledger, tmp_path)))
        return made

    yield make
    for house, ledger, made in opened:
        made.feed.close()
        ledger.close()
        house.__exit__(None, None, None)


@pytest.fixture
def home(make_home):
    return make_home(meter_every="10s")


@pytest.fixture
def at_peak(make_home):
    return make_home(meter_every="10s", offpeak_only="on")


def test_a_charge_point_that_is_free_says_so(home):
    point = home.point()
    assert (point["state"], point["session"], point["others_session"]) == ("free", None, False)
    assert [one["code"] for one in point["reasons"]] == ["free-unseen"]
    assert point["roles"] == {
        "session": "session",
        "meter": "meter",
        "evse": "evse_state",
        "switch": "evse",
        "gate": "offpeak",
        "authorise": "authorise",
        "reader": "rfid",
    }


def test_it_says_for_what_a_session_waits_and_that_it_may_charge_at_peak_once(at_peak):
    at_peak.house.world.plug_in()
    at_peak.house.swipe("family")
    point = at_peak.point()
    assert (point["state"], point["reasons"]) == (
        "waiting",
        [{"code": "off-peak", "values": {"node": "offpeak", "until": ELEVEN}}],
    )
    client = at_peak.asked_by(OPERATOR)
    answer = client.post("/api/v1/peak-once", {"allowed": True})
    assert (answer.status, answer.json) == (202, {"allowed": True, "at": "offpeak"})
    at_peak.house.run_for(60)
    assert at_peak.why() == ("charging", ["charging", "peak-once"])
    client.post("/api/v1/peak-once", {"allowed": False})
    at_peak.house.run_for(60)
    assert at_peak.why() == ("waiting", ["off-peak"])


def test_leave_for_the_peak_is_given_at_a_gate(home):
    answer = home.asked_by(OPERATOR).post("/api/v1/peak-once", {"allowed": True, "at": "meter"})
    assert (answer.status, answer.json["detail"]) == (
        409,
        "meter: is no node of type 'offpeak-gate' that runs",
    )


def test_a_session_costs_so_far_what_its_energy_costs(home):
    home.house.set_price(Decimal("0.35"))
    home.house.world.plug_in()
    home.house.swipe("family")
    home.house.run_for(30 * 60)
    session = home.point()["session"]
    energy_wh = session["energy_wh"]
    assert 5000 < energy_wh < 6000
    assert (session["label"], session["phase"]) == ("family", "charging")
    assert session["cost"] == {
        "amount": str((Decimal(energy_wh) / 1000 * Decimal("0.35")).quantize(Decimal("0.01"))),
        "currency": "EUR",
        "per_kwh": "0.35",
    }


def test_what_nobody_has_a_price_of_has_no_cost_and_is_not_free(home):
    home.house.swipe("family")
    assert home.point()["session"]["cost"] == {"amount": None, "currency": None, "per_kwh": None}


def test_a_silent_meter_keeps_a_session_waiting_and_its_energy_is_unknown(home):
    home.house.world.silence_meter(True)
    home.house.run_for(90)
    home.house.swipe("family")
    point = home.point()
    assert point["state"] == "waiting"
    assert [one["code"] for one in point["reasons"]] == ["meter-silent"]
    assert (point["session"]["energy_wh"], point["session"]["cost"]["amount"]) == (None, None)


def test_a_session_over_its_limit_is_told_after_its_end(home):
    (family,) = (one for one in home.ledger.tokens.all() if one.label == "family")
    home.ledger.tokens.change(replace(family, limits=replace(family.limits, energy_wh=1000)))
    home.house.world.plug_in()
    home.house.swipe("family")
    home.house.run_for(15 * 60)
    assert home.why() == ("free", ["free-unseen", "limit-energy"])


def test_a_driver_sees_his_own_session(home):
    (family,) = (one for one in home.ledger.tokens.all() if one.label == "family")
    home.ledger.accounts.add("driver", "Anna")
    home.ledger.tokens.change(replace(family, driver="Anna"))
    home.house.swipe("family")
    answer = home.asked_by(DRIVER).get("/api/v1/dashboard").json
    (point,) = answer["points"]
    assert (point["session"]["label"], point["others_session"]) == ("family", False)
    assert [node["id"] for node in answer["nodes"]] == ["evse_state", "meter"]


def test_a_driver_who_is_renamed_meanwhile_sees_his_own_session(home):
    (family,) = (one for one in home.ledger.tokens.all() if one.label == "family")
    home.ledger.accounts.add("driver", "Ann")
    home.ledger.tokens.change(replace(family, driver="Ann"))
    home.house.swipe("family")
    home.ledger.accounts.rename("driver", "Ann", "Anna")
    (point,) = home.asked_by(DRIVER).get("/api/v1/dashboard").json["points"]
    assert (point["session"] is not None, point["others_session"]) == (True, False)


def test_of_anothers_session_a_driver_sees_that_there_is_one_and_no_more(at_peak):
    at_peak.house.swipe("office")
    answer = at_peak.asked_by(DRIVER).get("/api/v1/dashboard")
    (point,) = answer.json["points"]
    assert (point["state"], point["session"], point["others_session"]) == ("waiting", None, True)
    assert answer.json["nodes"] == []
    assert b"office" not in answer.body


def test_a_passer_by_sees_nothing_unless_the_site_lets_him(home):
    answer = home.asked_by(OPERATOR).get("/api/v1/public")
    assert (answer.status, answer.json["code"]) == (404, "no-public-view")


def test_a_passer_by_sees_the_state_and_no_more(home):
    client = home.asked_by(OPERATOR, public_view=True)
    assert client.get("/api/v1/public").json == {"points": [{"name": "", "state": "free"}]}
    home.house.swipe("office")
    assert client.get("/api/v1/public").json == {"points": [{"name": "", "state": "occupied"}]}
    home.house.world.plug_in()
    home.house.run_for(60)
    assert client.get("/api/v1/public").json == {"points": [{"name": "", "state": "charging"}]}


def test_what_a_charge_point_may_draw_is_told_where_the_flow_says_it(home):
    assert home.point()["limit_a"] is None


def test_of_several_charge_points_each_has_its_name_and_its_limit(make_home):
    garage = make_home(ROOT / "examples/two-charge-points.yaml")
    points = garage.asked_by(OPERATOR).get("/api/v1/dashboard").json["points"]
    assert [(one["name"], one["limit_a"]) for one in points] == [("left", 16.0), ("right", 16.0)]


def test_what_the_car_needs_per_km_is_told_where_somebody_has_said_it(home):
    assert home.asked_by(OPERATOR).get("/api/v1/dashboard").json["wh_per_km"] is None
    client = home.asked_by(OPERATOR, wh_per_km=160)
    assert client.get("/api/v1/dashboard").json["wh_per_km"] == 160


def test_the_cheap_hours_ahead_are_told_and_the_week(at_peak):
    ahead = at_peak.asked_by(OPERATOR).get("/api/v1/ahead").json
    assert ahead["hours"] == [
        {
            "point": "",
            "timezone": "Europe/Amsterdam",
            "ahead": [{"since": ELEVEN, "until": "2026-01-16T06:00:00+00:00"}],
            "week": [
                {"days": [0, 1, 2, 3, 4], "start": "23:00", "stop": "07:00"},
                {"days": [5, 6], "start": "00:00", "stop": "24:00"},
            ],
        }
    ]
    assert ahead["prices"] is None


def test_the_prices_ahead_are_told(home):
    assert home.asked_by(OPERATOR).get("/api/v1/ahead").json["hours"] == []
    home.house.set_price(Decimal("0.35"))
    prices = home.asked_by(OPERATOR).get("/api/v1/ahead").json["prices"]
    assert (prices["currency"], [one["per_kwh"] for one in prices["parts"]]) == ("EUR", ["0.35"])
