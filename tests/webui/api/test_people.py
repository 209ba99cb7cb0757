"""Drivers, vehicles and cost centres over the API."""

import json
from dataclasses import replace
from types import SimpleNamespace
from uuid import UUID

import pytest

from oppleo_flow import SystemClock
from oppleo_flow.charging.tokens import card_token
from oppleo_flow.payloads import SessionStarted
from oppleo_flow.store import StoreLocation, open_ledger
from tests.webui.api.asking_as import DRIVER, OPERATOR, VIEWER, As
from tests.webui.conftest import Client
from webui.app import create_app
from webui.parts import Parts
from webui.ports import SiteFacts

VIN = "KMHC851JFLU049623"


class Page:
    """Somebody at the page of a site with a ledger."""

    def __init__(self, app, ledger, access):
        self.client, self.ledger, self.access = Client(app), ledger, access

    def ask(self, method, path, body=None):
        data = b"" if body is None else json.dumps(body).encode()
        answer = self.client.ask(method, f"/api/v1/{path}", data)
        return answer.status, answer.json


@pytest.fixture
def page(runtime, feed, tmp_path):
    runtime.graph = SimpleNamespace(nodes={})
    with open_ledger(StoreLocation(tmp_path / "ledger.sqlite"), "cp") as ledger:
        site = SiteFacts(books=lambda: ledger)
        access = As(OPERATOR)
        app = create_app(
            Parts(access=access, runtime=runtime, feed=feed, site=site), built_page=tmp_path
        )
        yield Page(app, ledger, access)


def blank(name, **known):
    """Return what is told of one of which little is known."""
    nothing = dict.fromkeys(
        ["retired_at", "plate", "make", "model", "vin", "odometer_km", "odometer_at", "email"]
    )
    empty = {"former": [], "cards": 0, "sessions": 0, "nodes": []}
    return {"name": name, **nothing, **empty, **known}


def test_a_vehicle_is_known_changed_and_forgotten(page):
    car = {"name": "ioniq", "make": "Hyundai", "model": "Ioniq 5", "plate": "X-1", "vin": VIN}
    assert page.ask("POST", "vehicles", car) == (201, blank(**car))
    changed = page.ask("PATCH", "vehicles/ioniq", {"plate": None, "model": "Ioniq 6"})
    assert changed == (200, blank(**{**car, "plate": None, "model": "Ioniq 6"}))
    assert page.ask("GET", "vehicles") == (200, {"items": [changed[1]], "total": 1})
    assert page.ask("DELETE", "vehicles/ioniq") == (200, {"gone": "ioniq"})
    assert page.ask("GET", "vehicles") == (200, {"items": [], "total": 0})


def test_somebody_is_renamed_with_their_cards_and_past_sessions_keep_the_name(page):
    now = SystemClock().now()
    page.ask("POST", "drivers", {"name": "Anna"})
    card = replace(card_token(UUID(int=1), "04A1B2C3", "family"), driver="Anna")
    page.ledger.tokens.add(card, now)
    attribution = replace(SessionStarted.sample().attribution, driver="Anna")
    page.ledger.sessions.record(SessionStarted.sample(attribution=attribution))
    renamed = page.ask("PATCH", "drivers/Anna", {"name": "Anna B/C"})
    assert renamed == (200, blank("Anna B/C", former=["Anna"], cards=1, sessions=1))
    assert page.ledger.tokens.all()[0].driver == "Anna B/C"
    assert page.ledger.sessions.open().attribution.driver == "Anna"
    status, told = page.ask("DELETE", "drivers/Anna B/C")
    assert (status, told["detail"]) == (
        409,
        "driver 'Anna B/C': has a session; retire it instead",
    )


@pytest.mark.parametrize(
    ("kind", "field", "of"),
    [("vehicles", "vehicle", "vehicle"), ("cost-centres", "cost_centre", "cost-centre")],
)
def test_what_has_a_session_is_not_forgotten_and_can_be_retired(page, kind, field, of):
    page.ask("POST", kind, {"name": "van"})
    attribution = replace(SessionStarted.sample().attribution, **{field: "van"})
    page.ledger.sessions.record(SessionStarted.sample(attribution=attribution))
    status, told = page.ask("DELETE", f"{kind}/van")
    assert (status, told["detail"]) == (409, f"{of} 'van': has a session; retire it instead")
    assert page.ask("GET", kind)[1]["items"] == [blank("van", sessions=1)]
    assert page.ask("PATCH", f"{kind}/van", {"retired": True})[1]["retired_at"]


def test_who_has_a_card_is_not_retired_and_comes_back(page):
    page.ask("POST", "cost-centres", {"name": "acme"})
    card = replace(card_token(UUID(int=1), "04A1B2C3", "family"), cost_centre="acme")
    page.ledger.tokens.add(card, SystemClock().now())
    status, told = page.ask("PATCH", "cost-centres/acme", {"retired": True})
    assert (status, told["detail"]) == (
        409,
        "cost-centre 'acme': the card 'family' is for it; change that first",
    )
    page.ledger.tokens.remove(UUID(int=1))
    assert page.ask("PATCH", "cost-centres/acme", {"retired": True})[1]["retired_at"]
    assert page.ask("PATCH", "cost-centres/acme", {"retired": False}) == (200, blank("acme"))


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "detail"),
    [
        ("POST", "drivers", {"name": "Anna", "plate": "X"}, 422, "plate: only a vehicle has one"),
        ("POST", "drivers", {"name": "Ben"}, 409, "driver 'Ben': is known already"),
        ("POST", "vehicles", {"name": "van", "email": "v@x.nl"}, 422, "email: a vehicle has none"),
        ("PATCH", "drivers/Ben", {"email": "Ben"}, 422, "email: an address such as me@example.org "
         "is needed, without a name"),
        ("POST", "drivers", {"name": " "}, 409, "driver: a name is needed, got ' '"),
        ("POST", "vehicles", {"name": "van", "vin": "123"}, 422, "vin: 17 digits and capitals "
         "without I, O and Q are needed (ISO 3779), got '123'"),
        ("PATCH", "drivers/Zoe", {"name": "Ann"}, 404, "driver 'Zoe': is not known"),
        ("DELETE", "vehicles/zoe", None, 404, "vehicle 'zoe': is not known"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(page, method, path, body, status, detail):
    page.ask("POST", "drivers", {"name": "Ben"})
    answer = page.ask(method, path, body)
    assert (answer[0], answer[1]["detail"]) == (status, detail)


def test_the_address_of_a_driver_is_told_to_those_alone_who_keep_the_books(page):
    anna = {"name": "Anna", "email": "anna@example.org"}
    assert page.ask("POST", "drivers", anna) == (201, blank(**anna))
    assert page.ask("PATCH", "drivers/Anna", {"retired": False})[1]["email"] == anna["email"]
    page.access.now = VIEWER
    assert page.ask("GET", "drivers")[1]["items"] == [blank("Anna")]
    page.access.now = DRIVER
    assert page.ask("GET", "drivers")[0] == 403
    page.access.now = OPERATOR
    assert page.ask("PATCH", "drivers/Anna", {"email": None}) == (200, blank("Anna"))


def test_the_nodes_that_name_a_vehicle_are_told(page, runtime):
    van = SimpleNamespace(id="van", config=SimpleNamespace(vehicle="van"))
    runtime.graph = SimpleNamespace(nodes={"van": van})
    told = page.ask("POST", "vehicles", {"name": "van"})
    assert told == (201, blank("van", nodes=["van"]))
