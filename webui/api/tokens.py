"""Tokens: the cards, and what stands for one on the page."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from oppleo_flow.charging.tokens import Token, TokenUse, allow, card_token, virtual_token
from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import Limits
from webui.api.audit import Deeds
from webui.api.books import Books, token_named
from webui.api.paging import page_of
from webui.api.token_models import (
    GoneAnswer,
    NewToken,
    Terms,
    TokenAnswer,
    TokensAnswer,
    TokensAsked,
)
from webui.asking import who
from webui.ports import SiteFacts
from webui.problem import problem
from webui.reading import read_body, read_query

_UNUSED = TokenUse()


@immutable
class Known:
    """What is known of tokens besides what was said of them."""

    now: datetime
    zone: ZoneInfo
    uses: dict[UUID, TokenUse]
    since: dict[UUID, datetime]
    open_sessions: dict[UUID, UUID]


class Tokens(Books):
    """The routes of `/api/v1/tokens`."""

    def __init__(self, site: SiteFacts, deeds: Deeds) -> None:
        super().__init__(site)
        self._deeds = deeds

    def show(self) -> TokensAnswer:
        """Answer `GET /api/v1/tokens`: of a driver their own."""
        asked, known = read_query(TokensAsked), self._known()
        found = [
            one
            for one in self._own(self.ledger.tokens.all())
            if _is_asked(one, asked.which) and _holds(one, asked.search)
        ]
        told = [token_answer(one, known) for one in found]
        items, total = page_of(told, asked, lambda one: _key(one[asked.sort]))
        return {"items": items, "total": total}

    def one(self, name: str) -> TokenAnswer:
        """Answer `GET /api/v1/tokens/NAME`."""
        return self.answer(self._named(name))

    def add(self) -> TokenAnswer:
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
        token = self._with_terms(token, asked)
        self.ledger.tokens.add(token, self.now())
        self._deeds.note("token", f"{_number(token)} {token.label!r} is known")
        return self.answer(token)

    def change(self, name: str) -> TokenAnswer:
        """Answer `PATCH /api/v1/tokens/NAME`."""
        asked = read_body(Terms)
        token = self._with_terms(self._named(name), asked)
        if token.enabled and not token.label.strip():
            raise problem(422, "wrong-body", "a token that may charge needs a label")
        self.ledger.tokens.change(token)
        said = ", ".join(sorted(asked.model_fields_set))
        self._deeds.note("token", f"{_number(token)} {token.label!r}", said)
        return self.answer(token)

    def remove(self, name: str) -> GoneAnswer:
        """Answer `DELETE /api/v1/tokens/NAME`: one without sessions.

        Raises:
            Refused: It has a session; it can be retired.
        """
        token = self._named(name)
        self.ledger.tokens.remove(token.token_id)
        self._deeds.note("token", f"{_number(token)} {token.label!r} is known no more")
        return {"gone": str(token.token_id)}

    def answer(self, token: Token) -> TokenAnswer:
        """Return a token with what is known of it."""
        return token_answer(token, self._known())

    def _named(self, name: str) -> Token:
        """Return the token of a name, if whoever asks may see it."""
        return token_named(self._own(self.ledger.tokens.all()), name)

    def _own(self, tokens: Iterable[Token]) -> Iterable[Token]:
        """Yield the tokens that whoever asks may see."""
        driver = who().only_driver
        return (one for one in tokens if driver is None or (driver and one.driver == driver))

    def _known(self) -> Known:
        ledger = self.ledger
        return Known(
            now=self.now(),
            zone=ZoneInfo(self._site.timezone),
            uses=ledger.tokens.uses(),
            since=ledger.tokens.known_since(),
            open_sessions={one.token_id: one.session_id for one in ledger.sessions.all_open()},
        )

    def _with_terms(self, token: Token, asked: Terms) -> Token:
        """Return a token with what was said of it."""
        said = {name: getattr(asked, name) for name in asked.model_fields_set - {"uid"}}
        limits = Limits(
            said.pop("max_energy_wh", token.limits.energy_wh),
            said.pop("max_duration_s", token.limits.duration_s),
        )
        for name in ("label", "enabled", "retired"):
            if said.get(name, "") is None:
                raise problem(422, "wrong-body", f"{name}: is needed")
        retired = said.pop("retired", None)
        if retired is not None:
            token = token.retired(self.now()) if retired else token.restored()
        try:
            return replace(token, **said, limits=limits)
        except ValueError as error:
            raise problem(422, "wrong-body", str(error)) from error


def token_answer(token: Token, known: Known) -> TokenAnswer:
    """Return a token as the API tells it."""
    use = known.uses.get(token.token_id, _UNUSED)
    session = known.open_sessions.get(token.token_id)
    return {
        "token_id": str(token.token_id),
        "uid": token.uid,
        "legacy_id": token.legacy_id,
        "label": token.label,
        "virtual": token.virtual,
        "enabled": token.enabled,
        "allowed": allow(token, known.now, known.zone),
        "retired_at": _moment(token.retired_at),
        "valid_from": _day(token.valid_from),
        "valid_until": _day(token.valid_until),
        "driver": token.driver,
        "vehicle": token.vehicle,
        "cost_centre": token.cost_centre,
        "max_energy_wh": token.limits.energy_wh,
        "max_duration_s": token.limits.duration_s,
        "known_since": _moment(known.since.get(token.token_id)),
        "sessions": use.sessions,
        "last_used_at": _moment(use.last_used_at),
        "last_seen_at": _moment(use.last_seen_at),
        "open_session": None if session is None else str(session),
    }


def _is_asked(token: Token, which: str) -> bool:
    match which:
        case "all":
            return True
        case "retired":
            return token.retired_at is not None
        case "unknown":
            return not token.label and token.retired_at is None
    return bool(token.label) and token.retired_at is None


def _holds(token: Token, text: str) -> bool:
    """Return whether a text stands in what people know a token by."""
    names = (token.label, token.uid, token.legacy_id, token.driver, token.vehicle)
    sought = text.strip().casefold()
    return any(
        sought in part.casefold() for part in (*names, token.cost_centre) if part is not None
    )


def _key(value: object) -> object:
    return value.casefold() if isinstance(value, str) else value


def _number(token: Token) -> str:
    return token.uid or token.legacy_id


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
