"""Charging without a card, over the API, of the shipped flow in a simulated house."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

import oppleo_flow
from oppleo_flow.charging.tokens import virtual_token
from oppleo_flow.store import open_ledger
from oppleo_flow.testing.house import House
from tests.webui.api.asking_as import OPERATOR, As
from tests.webui.conftest import Client
from webui.app import create_app
from webui.feed import Feed
from webui.parts import Parts
from webui.ports import SiteFacts

FLOW = Path(oppleo_flow.__file__).parents[1] / "flows" / "charge-point.yaml"
NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


class Home:
    """A simulated house and somebody at its page."""

    def __init__(self, house, client, ledger):
        self.house, self.client, self.ledger = house, client, ledger

    def post(self, path, body=None):
        answer = self.client.post(f"/api/v1/sessions/{path}", body)
        self.house.run_for(5)
        return answer.status, answer.json

    def switched_on(self):
        return self.house.level("evse", "state").on


@pytest.fixture
def home(tmp_path):
    with (
        House(FLOW.read_text(), tmp_path, NOON) as house,
        open_ledger(house.location, "house") as ledger,
    ):
        ledger.tokens.add(virtual_token(UUID(int=5), "page"), NOON)
        feed = Feed(house.runtime, house.clock, most_streams=2)
        site = SiteFacts(clock=house.clock, books=lambda: ledger)
        app = create_app(
            Parts(access=As(OPERATOR), runtime=house.runtime, feed=feed, site=site),
            built_page=tmp_path,
        )
        yield Home(house, Client(app), ledger)
        feed.close()


def test_a_token_without_a_card_starts_and_ends_a_session(home):
    started = {"label": "page", "wish": "start", "at": "authorise"}
    assert home.post("start", {"token": "page"}) == (202, started)
    session = home.ledger.sessions.open()
    assert (session.label, session.trigger, home.switched_on()) == ("page", "web", True)
    assert home.post("stop") == (202, {"label": "page", "wish": "end", "at": "authorise"})
    (ended,) = home.ledger.sessions.latest(5)
    assert (ended.session_id, ended.reason) == (session.session_id, "web")
    assert not home.switched_on()


def test_the_session_of_another_token_is_not_ended(home):
    home.house.swipe("family")
    status, said = home.post("stop", {"token": "page"})
    assert (status, said["detail"]) == (409, "no session is under way")
    assert home.post("stop", {"token": "family"})[0] == 202
    assert home.ledger.sessions.open() is None


def test_somebody_at_the_page_ends_the_session_of_a_card(home):
    home.house.swipe("family")
    assert home.post("stop")[0] == 202
    assert [one.reason for one in home.ledger.sessions.latest(5)] == ["web"]


@pytest.mark.parametrize(
    ("path", "body", "status", "detail"),
    [
        ("stop", {}, 409, "no session is under way"),
        ("start", {"token": "nobody"}, 404, "no token 'nobody' is known"),
        ("start", {"token": "page", "at": "meter"}, 409,
         "meter: is no node of type 'authorise' that runs"),
        ("start", {}, 422, "the body is not what this address takes"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(home, path, body, status, detail):
    answer = home.post(path, body)
    assert (answer[0], answer[1]["detail"]) == (status, detail)
    assert home.ledger.sessions.latest(5) == []


def test_a_session_that_is_under_way_is_not_started_again(home):
    """Oppleo D8: page and card could open two sessions."""
    home.house.swipe("family")
    assert home.post("start", {"token": "page"})[0] == 202  # the flow refuses it
    status, said = home.post("start", {"token": "family"})
    assert (status, said["detail"]) == (409, "a session of 'family' is under way; end it first")
    assert len(home.ledger.sessions.latest(5)) == 1


def test_a_token_that_may_not_charge_is_refused_by_the_flow(home):
    (token,) = [one for one in home.ledger.tokens.all() if one.label == "page"]
    body = b'{"enabled": false}'
    answer = home.client.ask("PATCH", f"/api/v1/tokens/{token.uid}", body)
    assert answer.json["enabled"] is False
    assert home.post("start", {"token": "page"})[0] == 202
    assert (home.ledger.sessions.open(), home.switched_on()) == (None, False)


def test_an_enrolment_that_was_armed_is_taken_back(home):
    home.client.ask("PUT", "/api/v1/enrolment", b'{"label": "guest"}')
    assert home.client.post("/api/v1/enrolment/stop").json == {"armed": False}
    home.house.swipe("stranger")
    assert [one.label for one in home.ledger.tokens.all() if one.uid == "DEADBEEF"] == [""]


def test_a_session_is_corrected_and_shows_its_original(home):
    home.house.swipe("family")
    home.house.run_for(60)
    home.house.swipe("family")
    (session,) = home.ledger.sessions.latest(1)
    body = {"why": "it was his", "label": "office", "meter_end_wh": 1_235_567}
    status, said = home.post(f"{session.session_id}/corrections", body)
    assert (status, said["label"], said["energy_wh"]) == (201, "office", 1000)
    assert [(one["who"], one["why"]) for one in said["corrections"]] == [("Otto", "it was his")]
    assert (said["original"]["label"], said["original"]["energy_wh"]) == ("family", 0)
    assert home.client.get(f"/api/v1/sessions/{session.session_id}").json == said
    status, said = home.post(f"{session.session_id}/corrections", {"why": "b"})
    assert (status, said["code"]) == (409, "refused")


def test_a_site_without_a_ledger_says_so(client):
    for path in ("/api/v1/tokens", "/api/v1/drivers", "/api/v1/enrolment"):
        answer = client.get(path)
        assert (answer.status, answer.json["code"]) == (404, "no-ledger")
