"""Drivers, vehicles and cost centres: what the sessions of a card are for."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from oppleo_flow.accounts.rights import Right
from oppleo_flow.charging.tokens import Account, AccountKind, Vehicle
from oppleo_flow.sending import MailAddress
from webui.answers import Moment
from webui.api.audit import Deeds
from webui.api.books import Books
from webui.api.token_models import GoneAnswer
from webui.asking import who
from webui.ports import Runtime, SiteFacts
from webui.problem import problem
from webui.reading import Nothing, read_body

ADDRESSES: Final[Mapping[AccountKind, str]] = {
    "driver": "drivers",
    "vehicle": "vehicles",
    "cost-centre": "cost-centres",
}
_OF_VEHICLE = frozenset({"plate", "make", "model", "vin"})
_ADDRESS: Final = TypeAdapter[str](MailAddress)


class Person(Nothing):
    """What is said of one; what is left out stays as it is, and null takes it away."""

    name: str | None = Field(None, min_length=1, max_length=100, description="Its new name.")
    retired: bool | None = Field(None, description="Whether it has no new sessions.")
    plate: str | None = Field(None, max_length=20, description="Of a vehicle.")
    make: str | None = Field(None, max_length=100, description="Of a vehicle.")
    model: str | None = Field(None, max_length=100, description="Of a vehicle.")
    vin: str | None = Field(None, max_length=17, description="Of a vehicle, its 17 characters.")
    email: str | None = Field(
        None,
        max_length=254,
        description="Where a driver or a cost centre gets their own statements.",
    )


class NewPerson(Person):
    """One that is to be known."""

    name: str = Field(min_length=1, max_length=100)


class PersonAnswer(TypedDict):
    """A driver, a vehicle or a cost centre; `nodes` of the flow name it, and need a new name told.

    `former` are the names it had before, which past sessions keep.  `email` is told to those alone
    who keep the books.
    """

    name: str
    retired_at: Moment | None
    former: list[str]
    cards: int
    sessions: int
    plate: str | None
    make: str | None
    model: str | None
    vin: str | None
    odometer_km: int | None
    odometer_at: Moment | None
    nodes: list[str]
    email: str | None


class PeopleAnswer(TypedDict):
    """All of a kind, by name."""

    items: list[PersonAnswer]
    total: int


class People(Books):
    """The routes of `/api/v1/drivers`, `/api/v1/vehicles` and `/api/v1/cost-centres`."""

    def __init__(self, kind: AccountKind, site: SiteFacts, runtime: Runtime, deeds: Deeds) -> None:
        super().__init__(site)
        self._kind = kind
        self._runtime = runtime
        self._deeds = deeds

    def show(self) -> PeopleAnswer:
        """Answer `GET`: all of them, those too that are retired."""
        items = [self._data(one) for one in self.ledger.accounts.all(self._kind)]
        return {"items": items, "total": len(items)}

    def add(self) -> PersonAnswer:
        """Answer `POST`."""
        asked = read_body(NewPerson)
        vehicle, email = self._vehicle(Vehicle(asked.name), asked), self._email(asked)
        self.ledger.accounts.add(self._kind, asked.name, vehicle=vehicle)
        if email is not None:
            self.ledger.accounts.set_email(self._kind, asked.name, email)
        self._note(f"{asked.name!r} is known")
        return self._one(asked.name)

    def change(self, name: str) -> PersonAnswer:
        """Answer `PATCH`: change it, rename it, retire it or restore it.

        Raises:
            Refused: There is none, its new name is another's, or a card is for it.
        """
        asked = read_body(Person)
        accounts, before = self.ledger.accounts, self._account(name)
        vehicle = self._vehicle(before.vehicle or Vehicle(name), asked)
        email = self._email(asked)
        if vehicle not in (None, before.vehicle):
            accounts.change(vehicle)
        if "email" in asked.model_fields_set and email != before.email:
            accounts.set_email(self._kind, name, email)
        if asked.retired is not None:
            accounts.retire(self._kind, name, self.now() if asked.retired else None)
        if asked.name is not None and asked.name != name:
            accounts.rename(self._kind, name, asked.name)
        said = ", ".join(sorted(asked.model_fields_set))
        renamed = "" if asked.name in (None, name) else f" is now {asked.name!r}"
        self._note(f"{name!r}{renamed}", said)
        return self._one(asked.name or name)

    def remove(self, name: str) -> GoneAnswer:
        """Answer `DELETE`: one that no card is for, and that has no session.

        Raises:
            Refused: It has one; it can be retired.
        """
        sessions = self._account(name).sessions
        if sessions:
            many = "a session" if sessions == 1 else f"{sessions} sessions"
            raise problem(409, "refused", f"{self._kind} {name!r}: has {many}; retire it instead")
        self.ledger.accounts.remove(self._kind, name)
        self._note(f"{name!r} is known no more")
        return {"gone": name}

    def _vehicle(self, before: Vehicle, asked: Person) -> Vehicle | None:
        """Return a vehicle with what was said of it; None of what is no vehicle."""
        said: dict[str, Any] = {
            name: getattr(asked, name) or None for name in asked.model_fields_set & _OF_VEHICLE
        }
        if self._kind != "vehicle":
            if said:
                first = min(said)
                raise problem(422, "wrong-body", f"{first}: only a vehicle has one")
            return None
        try:
            return replace(before, **said)
        except ValueError as error:
            raise problem(422, "wrong-body", str(error)) from error

    def _email(self, asked: Person) -> str | None:
        """Return the address that was said; None of none."""
        if not asked.email:
            return None
        if self._kind == "vehicle":
            raise problem(422, "wrong-body", "email: a vehicle has none")
        try:
            return _ADDRESS.validate_python(asked.email)
        except ValidationError as error:
            why = error.errors()[0]["msg"].removeprefix("Value error, ")
            raise problem(422, "wrong-body", f"email: {why}") from None

    def _account(self, name: str) -> Account:
        found = [one for one in self.ledger.accounts.all(self._kind) if one.name == name]
        if not found:
            raise problem(404, "not-known", f"{self._kind} {name[:100]!r}: is not known")
        return found[0]

    def _one(self, name: str) -> PersonAnswer:
        return self._data(self._account(name))

    def _data(self, account: Account) -> PersonAnswer:
        vehicle = asdict(account.vehicle or Vehicle(account.name))
        return {
            "name": account.name,
            "retired_at": _moment(account.retired_at),
            "former": list(account.former),
            "cards": account.tokens,
            "sessions": account.sessions,
            "plate": vehicle["plate"],
            "make": vehicle["make"],
            "model": vehicle["model"],
            "vin": vehicle["vin"],
            "odometer_km": account.odometer_km,
            "odometer_at": _moment(account.odometer_at),
            "nodes": self._named_by(account.name),
            "email": account.email if who().may(Right.KEEP_BOOKS) else None,
        }

    def _named_by(self, name: str) -> list[str]:
        """Return the nodes of the flow that name a vehicle."""
        if self._kind != "vehicle":
            return []
        nodes = self._runtime.graph.nodes.values()
        return [one.id for one in nodes if getattr(one.config, "vehicle", None) == name]

    def _note(self, about: str, details: str = "") -> None:
        self._deeds.note("account", f"{self._kind} {about}", details)


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
