"""Tokens, and what their sessions are for."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from bottle import response
from pydantic import Field

from oppleo_flow.charging.tokens import AccountKind, Enrolment, Token, card_token, virtual_token
from oppleo_flow.payloads import Limits
from webui.api.audit import Deeds
from webui.api.books import Books, token_named
from webui.api.simulator import Nothing, read_body
from webui.ports import SiteFacts
from webui.problem import problem


class Terms(Nothing):
    """What is said of a token; what is left out stays as it is, and null takes it away."""

    label: str | None = Field(None, max_length=100)
    enabled: bool | None = None
    valid_from: date | None = Field(None, strict=False)
    valid_until: date | None = Field(None, strict=False)
    driver: str | None = Field(None, max_length=100)
    vehicle: str | None = Field(None, max_length=100)
    cost_centre: str | None = Field(None, max_length=100)
    max_energy_wh: int | None = Field(None, ge=1)
    max_duration_s: int | None = Field(None, ge=1)


class NewToken(Terms):
    """A token that is to be known; without a UID it is one for the page."""

    label: str = Field(min_length=1, max_length=100)
    uid: str | None = Field(None, max_length=40)


class Arm(Nothing):
    """What the next unknown card is to be called, and how long to wait for it."""

    label: str = Field(min_length=1, max_length=100)
    seconds: int = Field(120, ge=1, le=3600)


class Account(Nothing):
    """A driver, a vehicle or a cost centre."""

    kind: AccountKind
    name: str = Field(min_length=1, max_length=100)
    plate: str | None = Field(None, max_length=20)


class Tokens(Books):
    """The routes of `/api/v1/tokens`, `/api/v1/enrolment` and `/api/v1/accounts`."""

    def __init__(self, site: SiteFacts, deeds: Deeds) -> None:
        super().__init__(site)
        self._deeds = deeds

    def show(self) -> dict[str, Any]:
        """Answer `GET /api/v1/tokens`."""
        return {"tokens": [_data(token) for token in self.ledger.tokens.all()]}

    def add(self) -> dict[str, Any]:
        """Answer `POST /api/v1/tokens`."""
        asked = read_body(NewToken)
        try:
            token = (
                virtual_token(uuid4(), asked.label)
                if asked.uid is None
                else card_token(uuid4(), asked.uid, asked.label)
            )
        except ValueError as error:
            raise problem(422, "wrong-body", str(error)) from error
        token = _with_terms(token, asked)
        self.ledger.tokens.add(token, self.now())
        self._deeds.note("token", f"{token.uid or token.legacy_id} {token.label!r} is known")
        response.status = 201
        return _data(token)

    def change(self, name: str) -> dict[str, Any]:
        """Answer `PATCH /api/v1/tokens/NAME`."""
        asked = read_body(Terms)
        token = _with_terms(token_named(self.ledger, name), asked)
        if token.enabled and not token.label:
            raise problem(422, "wrong-body", "a token that may charge needs a label")
        self.ledger.tokens.change(token)
        said = ", ".join(sorted(asked.model_fields_set))
        self._deeds.note("token", f"{token.uid or token.legacy_id} {token.label!r}", said)
        return _data(token)

    def armed(self) -> dict[str, Any]:
        """Answer `GET /api/v1/enrolment`: what the next unknown card becomes."""
        armed = self.ledger.enrolments.armed(self.now())
        if armed is None:
            return {"armed": False}
        return {"armed": True, "label": armed.label, "expires_at": armed.expires_at.isoformat()}

    def arm(self) -> dict[str, Any]:
        """Answer `PUT /api/v1/enrolment`."""
        asked = read_body(Arm)
        now = self.now()
        until = now + timedelta(seconds=asked.seconds)
        self.ledger.enrolments.arm(Enrolment(asked.label, now, until))
        self._deeds.note("token", f"the next unknown card becomes {asked.label!r}")
        return self.armed()

    def disarm(self) -> dict[str, Any]:
        """Answer `POST /api/v1/enrolment/stop`."""
        read_body(Nothing)
        self.ledger.enrolments.disarm()
        return self.armed()

    def accounts(self) -> dict[str, Any]:
        """Answer `GET /api/v1/accounts`."""
        accounts = self.ledger.accounts
        return {
            "drivers": accounts.names("driver"),
            "vehicles": [{"name": one.name, "plate": one.plate} for one in accounts.vehicles()],
            "cost_centres": accounts.names("cost-centre"),
        }

    def add_account(self) -> dict[str, Any]:
        """Answer `POST /api/v1/accounts`."""
        asked = read_body(Account)
        if asked.plate is not None and asked.kind != "vehicle":
            raise problem(422, "wrong-body", "plate: only a vehicle has one")
        self.ledger.accounts.add(asked.kind, asked.name, plate=asked.plate)
        self._deeds.note("account", f"{asked.kind} {asked.name!r} is known")
        response.status = 201
        return self.accounts()


def _with_terms(token: Token, asked: Terms) -> Token:
    """Return a token with what was said of it."""
    said = {name: getattr(asked, name) for name in asked.model_fields_set - {"uid"}}
    limits = Limits(
        said.pop("max_energy_wh", token.limits.energy_wh),
        said.pop("max_duration_s", token.limits.duration_s),
    )
    for name in ("label", "enabled"):
        if said.get(name, "") is None:
            raise problem(422, "wrong-body", f"{name}: is needed")
    try:
        return replace(token, **said, limits=limits)
    except ValueError as error:
        raise problem(422, "wrong-body", str(error)) from error


def _data(token: Token) -> dict[str, Any]:
    return {
        "token_id": str(token.token_id),
        "uid": token.uid,
        "label": token.label,
        "enabled": token.enabled,
        "virtual": token.virtual,
        "valid_from": token.valid_from and token.valid_from.isoformat(),
        "valid_until": token.valid_until and token.valid_until.isoformat(),
        "driver": token.driver,
        "vehicle": token.vehicle,
        "cost_centre": token.cost_centre,
        "max_energy_wh": token.limits.energy_wh,
        "max_duration_s": token.limits.duration_s,
    }
