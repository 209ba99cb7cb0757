"""Cards over the API, of the shipped flow in a simulated house."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

import oppleo_flow
from oppleo_flow.charging.tokens import card_token
from oppleo_flow.store import open_ledger
from oppleo_flow.testing.house import House
from tests.webui.api.asking_as import DRIVER, OPERATOR, As
from tests.webui.conftest import Client
from webui.app import create_app
from webui.feed import Feed
from webui.parts import Parts
from webui.ports import SiteFacts

FLOW = Path(oppleo_flow.__file__).parents[1] / "flows" / "charge-point.yaml"
NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
FAMILY = "04A1B2C3"


class Home:
    """A simulated house and somebody at its page."""

    def __init__(self, house, app, ledger, access):
        self.house, self.ledger, self.access = house, ledger, access
        self.client = Client(app)

    def ask(self, method, path, body=None):
        data = b"" if body is None else json.dumps(body).encode()
        answer = self.client.ask(method, f"/api/v1/{path}", data)
        return answer.status, answer.json

    def labels(self, query=""):
        status, told = self.ask("GET", f"tokens{query}")
        assert status == 200, told
        return [one["label"] for one in told["items"]]


@pytest.fixture
def home(tmp_path):
    with (
        House(FLOW.read_text(), tmp_path, NOON) as house,
        open_ledger(house.location, "house") as ledger,
    ):
        feed = Feed(house.runtime, house.clock, most_streams=2)
        site = SiteFacts(clock=house.clock, books=lambda: ledger, timezone="Europe/Amsterdam")
        access = As(OPERATOR)
        app = create_app(
            Parts(access=access, runtime=house.runtime, feed=feed, site=site), built_page=tmp_path
        )
        yield Home(house, app, ledger, access)
        feed.close()


def test_a_card_tells_what_it_was_used_for(home):
    home.house.swipe("family")
    home.house.run_for(60)
    begun = home.ledger.sessions.open()
    status, told = home.ask("GET", f"tokens/{FAMILY}")
    assert status == 200
    assert told == {
        "token_id": told["token_id"],
        "uid": FAMILY,
        "legacy_id": told["legacy_id"],
        "label": "family",
        "virtual": False,
        "enabled": True,
        "allowed": "accepted",
        "retired_at": None,
        "valid_from": None,
        "valid_until": None,
        "driver": None,
        "vehicle": None,
        "cost_centre": None,
        "max_energy_wh": None,
        "max_duration_s": None,
        "known_since": NOON.isoformat(),
        "sessions": 1,
        "last_used_at": begun.started_at.isoformat(),
        "last_seen_at": begun.started_at.isoformat(),
        "open_session": str(begun.session_id),
    }


def test_cards_are_listed_in_parts_sorted_and_found_by_what_people_know(home):
    home.ledger.accounts.add("driver", "Zoë")
    for number, label in enumerate(("Beta", "alpha", "gamma")):
        body = {"uid": f"0400000{number}", "label": label}
        assert home.ask("POST", "tokens", body)[0] == 201
    home.ask("PATCH", "tokens/gamma", {"driver": "Zoë"})
    known = home.labels()
    assert known == sorted(known, key=str.casefold)
    assert home.labels("?search=BET") == ["Beta"]
    assert home.labels("?search=zo") == ["gamma"]
    assert home.labels("?limit=1&offset=1") == [known[1]]
    assert home.labels("?order=desc")[0] == known[-1]
    assert home.labels("?sort=driver")[0] == "gamma"
    total = home.ask("GET", "tokens?limit=1")[1]["total"]
    assert total == len(known)
    status, told = home.ask("GET", "tokens?limit=0")
    assert (status, told["code"]) == (422, "wrong-query")


def test_a_card_that_is_blocked_is_refused_at_once(home):
    status, told = home.ask("PATCH", "tokens/family", {"enabled": False})
    assert (status, told["enabled"], told["allowed"]) == (200, False, "disabled")
    home.house.swipe("family")
    home.house.run_for(5)
    assert home.ledger.sessions.open() is None
    assert home.ask("GET", "tokens/family")[1]["last_seen_at"] is not None


def test_a_card_with_a_session_is_retired_and_one_without_is_forgotten(home):
    home.house.swipe("family")
    home.house.run_for(5)
    home.house.swipe("family")
    home.house.run_for(5)
    status, told = home.ask("DELETE", "tokens/family")
    assert (status, told["detail"]) == (
        409,
        f"token {FAMILY}: has a session; retire it instead, so that everybody sees whose they are",
    )
    status, told = home.ask("PATCH", "tokens/family", {"retired": True})
    assert (status, told["enabled"]) == (200, False)
    assert told["retired_at"] is not None
    assert "family" not in home.labels()
    assert home.labels("?which=retired") == ["family"]
    status, told = home.ask("PATCH", "tokens/family", {"enabled": True})
    assert (status, told["detail"]) == (
        422,
        "enabled: a card that is retired may not charge; restore it first",
    )
    both = {"retired": False, "enabled": True}
    assert home.ask("PATCH", "tokens/family", both)[1]["allowed"] == "accepted"
    home.ask("POST", "tokens", {"label": "spare", "uid": "04112233"})
    assert home.ask("DELETE", "tokens/spare")[0] == 200
    assert "spare" not in home.labels("?which=all")


def test_a_card_is_enrolled_by_swiping_it_now_and_the_page_sees_which(home):
    assert home.ask("GET", "enrolment")[1] == {"armed": False}
    status, told = home.ask("PUT", "enrolment", {"label": "guest", "seconds": 60})
    assert (status, told["armed"], told["label"]) == (200, True, "guest")
    assert told["expires_at"] == (home.house.clock.now() + timedelta(seconds=60)).isoformat()
    home.house.swipe("stranger")
    home.house.run_for(5)
    told = home.ask("GET", "enrolment")[1]
    assert (told["armed"], told["token"]["uid"], told["token"]["allowed"]) == (
        False,
        "DEADBEEF",
        "accepted",
    )
    home.house.swipe("stranger")
    home.house.run_for(5)
    assert home.ledger.sessions.open().label == "guest"


def test_a_card_that_was_refused_lately_is_offered_to_be_named(home):
    home.house.swipe("stranger")
    home.house.run_for(5)
    (told,) = home.ask("GET", "tokens?which=unknown&sort=last_seen_at&order=desc")[1]["items"]
    assert (told["uid"], told["label"], told["enabled"]) == ("DEADBEEF", "", False)
    status, told = home.ask("PATCH", "tokens/DEADBEEF", {"enabled": True})
    assert (status, told["detail"]) == (422, "a token that may charge needs a label")
    home.ask("PATCH", "tokens/DEADBEEF", {"enabled": True, "label": "<b>guest</b>"})
    home.house.swipe("stranger")
    home.house.run_for(5)
    assert home.ledger.sessions.open().label == "<b>guest</b>"


def test_a_driver_sees_their_own_cards_alone(home):
    home.ledger.accounts.add("driver", "Anna")
    home.ask("PATCH", "tokens/family", {"driver": "Anna"})
    home.access.now = DRIVER
    assert home.labels("?which=all") == ["family"]
    assert home.ask("GET", "tokens/family")[0] == 200
    status, told = home.ask("GET", "tokens/office")
    assert (status, told["code"]) == (404, "no-such-token")


def test_a_driver_is_not_told_that_others_have_cards_of_one_name(home):
    home.ledger.accounts.add("driver", "Anna")
    home.ask("PATCH", "tokens/family", {"driver": "Anna"})
    for number, label in ((1, "same"), (2, "same"), (3, "family")):
        home.ledger.tokens.add(card_token(UUID(int=number), f"0400000{number}", label), NOON)
    home.access.now = DRIVER
    status, told = home.ask("GET", "tokens/same")
    assert (status, told["code"]) == (404, "no-such-token")
    assert home.ask("GET", "tokens/family")[1]["driver"] == "Anna"


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        pytest.param({"label": "x", "uid": "zz"}, "a UID of 4, 7 or 10 bytes in hex", id="no UID"),
        pytest.param({"label": " "}, "a label says what people call the card", id="no label"),
        pytest.param(
            {"label": "x", "valid_from": "2026-02-01", "valid_until": "2026-01-01"},
            "valid_until: 2026-01-01 is before valid_from, 2026-02-01",
            id="days the wrong way round",
        ),
        pytest.param({"label": "x", "enabled": None}, "enabled: is needed", id="neither nor"),
    ],
)
def test_what_is_no_card_is_refused(home, body, detail):
    status, told = home.ask("POST", "tokens", body)
    assert (status, told["code"]) == (422, "wrong-body")
    assert detail in told["detail"]


def test_a_card_of_oppleos_number_and_one_without_a_card_are_known(home):
    numbered = home.ask("POST", "tokens", {"label": "old", "uid": "584190412223"})[1]
    assert (numbered["uid"], numbered["legacy_id"]) == (None, "584190412223")
    virtual = home.ask("POST", "tokens", {"label": "page"})[1]
    assert (virtual["virtual"], virtual["uid"][:4]) == (True, "WEB-")
    again = home.ask("POST", "tokens", {"label": "again", "uid": FAMILY})
    assert again[0] == 409


def test_two_cards_of_one_label_are_told_apart_by_their_uid(home):
    for number in (1, 2):
        token = card_token(UUID(int=number), f"0400000{number}", "same")
        home.ledger.tokens.add(token, NOON)
    status, told = home.ask("GET", "tokens/same")
    assert (status, told["code"]) == (409, "which-token")
    assert home.ask("GET", f"tokens/{UUID(int=2)}")[1]["uid"] == "04000002"
