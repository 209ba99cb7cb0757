"""Sessions by hand: corrections of them, and charging without a card."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pydantic import Field
from typing_extensions import TypedDict

from oppleo_flow.charging.correction import Changes
from oppleo_flow.charging.month import YEARS
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.errors import Refused
from oppleo_flow.payloads import CardSeen
from webui.api.audit import Deeds
from webui.api.books import Books, token_named
from webui.api.session_answers import WholeSessionAnswer, whole_session
from webui.api.sessions import session_id_of
from webui.asking import who
from webui.ports import Runtime, SiteFacts
from webui.problem import problem
from webui.reading import Nothing, read_body

_DECIDES = "authorise"
_MOST_WH = 10**15
"""More than any meter can show, and no more than a database keeps."""


class Start(Nothing):
    """Which token is to charge, and by which node that decides, where there are several."""

    token: str = Field(min_length=1, max_length=100, description="Its label or its UID.")
    at: str | None = Field(None, max_length=200, description="A node of type `authorise`.")


class Stop(Nothing):
    """Whose session is to end and which node decides, where there are several."""

    token: str | None = Field(None, min_length=1, max_length=100, description="Label or UID.")
    at: str | None = Field(None, max_length=200, description="A node of type `authorise`.")


class Said(Nothing):
    """What was different; what is left out stays as it is.

    A time without a zone is one by the site's clock, which must have shown it, and only once.
    """

    void: bool | None = None
    started_at: datetime | None = Field(None, strict=False)
    ended_at: datetime | None = Field(None, strict=False)
    meter_start_wh: int | None = Field(None, ge=0, le=_MOST_WH)
    meter_end_wh: int | None = Field(None, ge=0, le=_MOST_WH)
    energy_wh: int | None = Field(None, ge=0, le=_MOST_WH)
    label: str | None = Field(None, max_length=100)
    driver: str | None = Field(None, max_length=100)
    vehicle: str | None = Field(None, max_length=100)
    plate: str | None = Field(None, max_length=100)
    cost_centre: str | None = Field(None, max_length=100)
    odometer_km: int | None = Field(None, ge=0, le=10_000_000)


class Correct(Said):
    """What was different, and why; who says so is who asks."""

    why: str = Field(min_length=1, max_length=1000)


class Presented(TypedDict):
    """Whose token was presented where; what comes of it, the flow decides."""

    label: str
    wish: str
    at: str


class Charging(Books):
    """The routes below `/api/v1/sessions` that do something."""

    def __init__(self, runtime: Runtime, site: SiteFacts, deeds: Deeds) -> None:
        super().__init__(site)
        self._runtime = runtime
        self._deeds = deeds

    def correct(self, session_id: str) -> WholeSessionAnswer:
        """Answer `POST /api/v1/sessions/ID/corrections`: the session as it is then."""
        asked = read_body(Correct)
        changes, by = _changes(asked, self._site.timezone), who()
        found = session_id_of(session_id)
        after = self.ledger.corrections.add(
            found, changes, who=by.called, why=asked.why, now=self.now()
        )
        self._deeds.note("correction", f"session {found}: {', '.join(changes.said)}", asked.why)
        return whole_session(after, self.ledger.corrections.of(found))

    def preview(self, session_id: str) -> WholeSessionAnswer:
        """Answer `POST /api/v1/sessions/ID/corrections/preview`: what it would be; none is kept."""
        changes, found = _changes(read_body(Said), self._site.timezone), session_id_of(session_id)
        after = self.ledger.corrections.preview(found, changes, now=self.now())
        return whole_session(after, self.ledger.corrections.of(found))

    def start(self) -> Presented:
        """Answer `POST /api/v1/sessions/start`: the token is presented; the flow decides.

        Raises:
            Refused: A session of it is under way.
        """
        asked = read_body(Start)
        token = token_named(self.ledger.tokens.all(), asked.token)
        under_way = self.ledger.sessions.all_open()
        if any(one.token_id == token.token_id for one in under_way):
            raise Refused(f"a session of {token.label!r} is under way; end it first")
        card = CardSeen(token.uid or token.legacy_id, token.legacy_id, "start", "web")
        return self._present(card, token.label, asked.at)

    def stop(self) -> Presented:
        """Answer `POST /api/v1/sessions/stop`: the token of the open session is presented."""
        asked = read_body(Stop)
        session = self._under_way(asked.token)
        known = [one for one in self.ledger.tokens.all() if one.token_id == session.token_id]
        number = known[0].legacy_id if known else ""
        return self._present(CardSeen(session.uid, number, "end", "web"), session.label, asked.at)

    def _under_way(self, text: str | None) -> SessionRecord:
        """Return the one open session, or that of a token."""
        token_id = None if text is None else token_named(self.ledger.tokens.all(), text).token_id
        found = [one for one in self.ledger.sessions.all_open() if token_id in (None, one.token_id)]
        if not found:
            raise Refused("no session is under way")
        if len(found) > 1:
            labels = ", ".join(sorted(one.label for one in found))
            raise Refused(f"several sessions are under way; say whose as `token`: {labels}")
        return found[0]

    def _present(self, card: CardSeen, label: str, at: str | None) -> Presented:
        node = self._deciding(at)
        self._runtime.inject(node, "in", card)
        self._deeds.note(f"session {card.wish}", f"{label!r} at {node}")
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


def _changes(asked: Said, timezone: str) -> Changes:
    """Return what a body says was different."""
    said = asked.model_dump(exclude={"why"})
    for name in ("started_at", "ended_at"):
        at = said[name]
        if at is not None and at.year not in YEARS:
            raise problem(422, "wrong-body", f"{name}: {at.year} is no year of our time")
        if at is not None and at.tzinfo is None:
            said[name] = _moment(name, at, ZoneInfo(timezone))
    return Changes(**said)


def _moment(name: str, at: datetime, zone: ZoneInfo) -> datetime:
    """Return when the site's clock showed a time; refuse one that it showed twice, or never."""
    first, second = (at.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first
    # Of an hour that is left out each offset gives a time beside it, by which the clock went then.
    meant = [one.astimezone(UTC).astimezone(zone).isoformat() for one in (first, second)]
    twice = datetime.fromisoformat(meant[0]).replace(tzinfo=None) == at
    early, late = sorted(meant, key=datetime.fromisoformat)
    said = f"{name}: the clock left it out when it went forward; say {early} or {late}"
    if twice:
        said = f"{name}: the clock showed it twice when it went back; say {early} or {late}"
    raise problem(422, "which-time", said)
