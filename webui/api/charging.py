"""Sessions by hand: one of them whole, its corrections, and charging without a card."""

from datetime import datetime
from typing import Any
from uuid import UUID

from bottle import response
from pydantic import Field

from oppleo_flow.charging.correction import Changes
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.errors import Refused
from oppleo_flow.payloads import CardSeen
from webui.api.audit import Deeds
from webui.api.books import Books, token_named
from webui.api.sessions import session_data
from webui.api.simulator import Nothing, read_body
from webui.ports import Runtime, SiteFacts
from webui.problem import problem

_DECIDES = "authorise"


class Start(Nothing):
    """Which token is to charge, and by which node that decides, where there are several."""

    token: str = Field(min_length=1, max_length=100, description="Its label or its UID.")
    at: str | None = Field(None, max_length=200, description="A node of type `authorise`.")


class Stop(Nothing):
    """Whose session is to end and which node decides, where there are several."""

    token: str | None = Field(None, min_length=1, max_length=100, description="Label or UID.")
    at: str | None = Field(None, max_length=200, description="A node of type `authorise`.")


class Correct(Nothing):
    """What was different, who says so, and why; what is left out stays as it is."""

    who: str = Field(max_length=100)
    why: str = Field(max_length=1000)
    void: bool | None = None
    started_at: datetime | None = Field(None, strict=False)
    ended_at: datetime | None = Field(None, strict=False)
    meter_start_wh: int | None = Field(None, ge=0)
    meter_end_wh: int | None = Field(None, ge=0)
    energy_wh: int | None = Field(None, ge=0)
    label: str | None = Field(None, max_length=100)
    driver: str | None = Field(None, max_length=100)
    vehicle: str | None = Field(None, max_length=100)
    plate: str | None = Field(None, max_length=100)
    cost_centre: str | None = Field(None, max_length=100)


class Charging(Books):
    """The routes below `/api/v1/sessions` that do something."""

    def __init__(self, runtime: Runtime, site: SiteFacts, deeds: Deeds) -> None:
        super().__init__(site)
        self._runtime = runtime
        self._deeds = deeds

    def show(self, session_id: str) -> dict[str, Any]:
        """Answer `GET /api/v1/sessions/ID`: with what was recorded, if it was corrected since."""
        found = self.ledger.sessions.get(_id(session_id))
        if found is None:
            raise problem(404, "no-such-session", f"no session {session_id!r} is known")
        return session_data(found, whole=True)

    def correct(self, session_id: str) -> dict[str, Any]:
        """Answer `POST /api/v1/sessions/ID/corrections`: the session as it is then."""
        asked = read_body(Correct)
        said = asked.model_dump(exclude={"who", "why"})
        for name in ("started_at", "ended_at"):
            if said[name] is not None and said[name].tzinfo is None:
                raise problem(422, "wrong-body", f"{name}: a time with its zone is needed")
        changes = Changes(**said)
        after = self.ledger.corrections.add(
            _id(session_id), changes, who=asked.who, why=asked.why, now=self.now()
        )
        self._deeds.note(
            "correction", f"session {session_id}: {', '.join(changes.said)}", asked.why
        )
        response.status = 201
        return session_data(after, whole=True)

    def start(self) -> dict[str, Any]:
        """Answer `POST /api/v1/sessions/start`: the token is presented; the flow decides.

        Raises:
            Refused: A session of it is under way.
        """
        asked = read_body(Start)
        token = token_named(self.ledger, asked.token)
        under_way = self.ledger.sessions.all_open()
        if any(one.token_id == token.token_id for one in under_way):
            raise Refused(f"a session of {token.label!r} is under way; end it first")
        card = CardSeen(token.uid or token.legacy_id, token.legacy_id, "start", "web")
        return self._present(card, token.label, asked.at)

    def stop(self) -> dict[str, Any]:
        """Answer `POST /api/v1/sessions/stop`: the token of the open session is presented."""
        asked = read_body(Stop)
        session = self._under_way(asked.token)
        known = [one for one in self.ledger.tokens.all() if one.token_id == session.token_id]
        number = known[0].legacy_id if known else ""
        return self._present(CardSeen(session.uid, number, "end", "web"), session.label, asked.at)

    def _under_way(self, text: str | None) -> SessionRecord:
        """Return the one open session, or that of a token."""
        token_id = None if text is None else token_named(self.ledger, text).token_id
        found = [one for one in self.ledger.sessions.all_open() if token_id in (None, one.token_id)]
        if not found:
            raise Refused("no session is under way")
        if len(found) > 1:
            labels = ", ".join(sorted(one.label for one in found))
            raise Refused(f"several sessions are under way; say whose as `token`: {labels}")
        return found[0]

    def _present(self, card: CardSeen, label: str, at: str | None) -> dict[str, Any]:
        node = self._deciding(at)
        self._runtime.inject(node, "in", card)
        self._deeds.note(f"session {card.wish}", f"{label!r} at {node}")
        response.status = 202
        return {"label": label, "wish": card.wish, "at": node}

    def _deciding(self, at: str | None) -> str:
        """Return the node that decides about a token."""
        nodes = self._runtime.graph.nodes.values()
        there = [n.id for n in nodes if n.spec.type_name == _DECIDES and not n.disabled]
        if at is not None:
            if at not in there:
                raise Refused(f"{at}: is no node of type {_DECIDES!r} that runs")
            return at
        if len(there) != 1:
            known = ", ".join(there) or "none"
            raise Refused(
                f"one node of type {_DECIDES!r} is needed to ask; say which as `at`: {known}"
            )
        return there[0]


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise problem(404, "no-such-session", f"no session {text[:40]!r} is known") from None
