"""The dashboard: how each charge point is and why, and what its session costs."""

from datetime import datetime
from typing import Final, cast

from pydantic import Field
from pydantic_core import to_jsonable_python

from oppleo_flow.accounts.rights import Right
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.session import point_of
from oppleo_flow.charging.why import PastSession, Reason, public, why
from oppleo_flow.engine.snapshot import NodeSnapshot
from oppleo_flow.errors import Refused, StoreError
from oppleo_flow.payloads import PeakOnce, SessionStatus
from webui.answers import Plain, digits
from webui.api.audit import Deeds, who_asks
from webui.api.dashboard_answers import (
    CostAnswer,
    DashboardAnswer,
    PeakAnswer,
    PointAnswer,
    PublicAnswer,
    ReasonAnswer,
    RolesAnswer,
    SessionNowAnswer,
)
from webui.api.state import node_data
from webui.asking import who
from webui.charge_points import GATE, SHARE, ChargePoint, charge_points
from webui.ports import Runtime, Sessions, SiteFacts
from webui.problem import problem
from webui.reading import Nothing, read_body

_LOOKED_AT: Final = 20
"""So many of the last sessions are looked at for what ended the last one here."""
_OF_HARDWARE: Final = frozenset({"meter-silent", "evse-unknown", "switch-fault"})
"""Reasons whose texts name nobody."""


class AllowPeak(Nothing):
    """Leave to charge at the peak price this once, or its withdrawal."""

    allowed: bool
    at: str | None = Field(None, max_length=200, description="A gate; null: the only one.")


class Dashboard:
    """The routes of `/api/v1/dashboard`, `/public` and `/peak-once`."""

    def __init__(
        self, runtime: Runtime, site: SiteFacts, sessions: Sessions | None, deeds: Deeds
    ) -> None:
        self._runtime = runtime
        self._site = site
        self._sessions = sessions
        self._deeds = deeds

    def show(self) -> DashboardAnswer:
        """Answer `GET /api/v1/dashboard`."""
        snapshot, now = self._runtime.snapshot(), self._site.clock.now()
        latest = self._latest()
        points = charge_points(snapshot, self._runtime.graph)
        answers = [self._point(one, latest, now) for one in points]
        nodes: list[Plain] = []
        if not who().may(Right.LOOK):
            nodes = [
                to_jsonable_python(node_data(node))
                for point, answer in zip(points, answers, strict=True)
                for node in (point.evse, point.meter)
                if node is not None and not answer["others_session"]
            ]
        return {
            "now": now.isoformat(),
            "ready": self._runtime.ready,
            "simulated": snapshot.simulated,
            "wh_per_km": self._site.wh_per_km,
            "points": answers,
            "nodes": nodes,
        }

    def public(self) -> PublicAnswer:
        """Answer `GET /api/v1/public`: what a passer-by may see, where the site lets him."""
        if not self._site.public_view:
            raise problem(404, "no-public-view", "this site shows nothing to who has not signed in")
        now = self._site.clock.now()
        points = charge_points(self._runtime.snapshot(), self._runtime.graph)
        return {
            "points": [
                {"name": point.name, "state": public(why(point.seen(), now).state)}
                for point in points
            ]
        }

    def allow_peak(self) -> PeakAnswer:
        """Answer `POST /api/v1/peak-once`.

        Raises:
            Refused: There is no such gate, or there are several.
        """
        asked = read_body(AllowPeak)
        gate = self._gate(asked.at)
        self._runtime.inject(gate, "once", PeakOnce(asked.allowed, who_asks()))
        self._deeds.note("peak-once", f"{'allowed' if asked.allowed else 'withdrawn'} at {gate}")
        return {"allowed": asked.allowed, "at": gate}

    def _gate(self, at: str | None) -> str:
        nodes = self._runtime.graph.nodes.values()
        gates = [one.id for one in nodes if one.spec.type_name == GATE and not one.disabled]
        if at in gates:
            return at
        if at is not None:
            raise Refused(f"{at}: is no node of type {GATE!r} that runs")
        if len(gates) != 1:
            known = ", ".join(gates) or "none"
            raise Refused(f"one node of type {GATE!r} is needed; say which as `at`: {known}")
        return gates[0]

    # -- a charge point ------------------------------------------------------------------------

    def _point(self, point: ChargePoint, latest: list[SessionRecord], now: datetime) -> PointAnswer:
        place = point_of(point.session.id)
        ended = [one for one in latest if one.point == place and one.ended_at is not None]
        last = max(ended, key=lambda one: cast("datetime", one.ended_at), default=None)
        status = point.status
        record = None if status is None else _of_status(latest, status)
        hidden = self._hides(status, record)
        mine = last is not None and not self._hides(None, last)
        past = (
            PastSession(last.ended_at, last.reason or "")
            if mine and last is not None and last.ended_at is not None
            else None
        )
        found = why(point.seen(past), now)
        return {
            "name": point.name,
            "state": found.state,
            "reasons": [_reason(one, hidden=hidden) for one in found.reasons],
            "session": None if hidden else self._session(point, record, now),
            "others_session": hidden,
            "limit_a": self._limit_a(point),
            "roles": _roles(point),
        }

    def _hides(self, status: SessionStatus | None, record: SessionRecord | None) -> bool:
        """Return whether a session is not for the eyes of who asks."""
        driver = who().only_driver
        if driver is None or (status is not None and status.phase == "idle"):
            return False
        return record is None or not driver or record.attribution.driver not in self._called(driver)

    def _called(self, driver: str) -> frozenset[str]:
        """Return all names of a driver: a session keeps the one that they had when it began."""
        if self._site.books is None:
            return frozenset({driver})
        return self._site.books().accounts.called("driver", driver)

    def _session(
        self, point: ChargePoint, record: SessionRecord | None, now: datetime
    ) -> SessionNowAnswer | None:
        status = point.status
        if status is None or status.session_id is None:
            return None
        return {
            "session_id": str(status.session_id),
            "label": status.label,
            "phase": status.phase,
            "started_at": None if status.started_at is None else status.started_at.isoformat(),
            "energy_wh": status.energy_wh,
            "cost": self._cost(point, record, status.energy_wh, now),
        }

    def _cost(
        self,
        point: ChargePoint,
        record: SessionRecord | None,
        energy_wh: int | None,
        now: datetime,
    ) -> CostAnswer | None:
        """Return what a session has cost so far; None where the ledger does not know of it."""
        if self._site.books is None or record is None:
            return None
        # Not at the top: nobody has a price before the first session.
        from oppleo_flow.store.cost_so_far import cost_so_far  # noqa: PLC0415

        meter = None if point.meter is None else point.meter.id
        try:
            found = cost_so_far(self._site.books(), record, energy_wh, now, meter)
        except StoreError:
            return None  # the faults tell of the ledger; what it does not say is not known
        return {
            "amount": digits(found.amount),
            "currency": found.currency,
            "per_kwh": digits(found.per_kwh),
        }

    def _limit_a(self, point: ChargePoint) -> float | None:
        """Return what a charge point may draw per phase, where the flow says it."""
        share = point.on_path(SHARE)
        known = None if share is None else self._runtime.graph.nodes.get(share.id)
        return None if known is None else float(getattr(known.config, "current_a", 0)) or None

    def _latest(self) -> list[SessionRecord]:
        """Return the last sessions; none where the ledger cannot be read."""
        if self._sessions is None:
            return []
        try:
            return list(self._sessions.latest(_LOOKED_AT))
        except StoreError:
            return []  # the faults tell of it


def _of_status(latest: list[SessionRecord], status: SessionStatus) -> SessionRecord | None:
    return next((one for one in latest if one.session_id == status.session_id), None)


def _reason(reason: Reason, *, hidden: bool) -> ReasonAnswer:
    """Return a reason as data; of somebody else's session without a text that may name him."""
    bare = hidden and reason.code not in _OF_HARDWARE
    return {
        "code": reason.code,
        "values": {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in reason.values.items()
            if not (bare and name == "text")
        },
    }


def _roles(point: ChargePoint) -> RolesAnswer:
    gate = point.on_path(GATE)

    def id_of(node: NodeSnapshot | None) -> str | None:
        return None if node is None else node.id

    return {
        "session": point.session.id,
        "meter": id_of(point.meter),
        "evse": id_of(point.evse),
        "switch": id_of(point.switch),
        "gate": id_of(gate),
        "authorise": id_of(point.authorise),
        "reader": id_of(point.reader),
    }
