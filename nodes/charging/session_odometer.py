"""Have each session keep the odometer with which its vehicle came.

```yaml
odometer:
  type: session-odometer
  from:
    session: [session.started, session.ended]
    vehicle: van.state               # of one vehicle-data for each vehicle: [van.state, bus.state]
  keep: durable

van: {type: vehicle-data, from: {ask: odometer.sought}, vehicle: van, …}

ledger:
  from:
    session:
      - {ref: odometer.taken, durable: true}       # beside those of the session
```

When a session begins whose vehicle is one of those wired, its odometer is sought: `tries` times
within `within`. Taken is the first one that the vehicle shows after the beginning, else the last
one before it, if it is not older than `before`; each session has one, once. A session that ends is
sought for no longer, as the car drives on. What cannot be had is told by `missing`, and to people
by `notice`; nothing is made up, and `oppleo-flow sessions correct ID --odometer-km 42137 --why …`
enters it later.

Which vehicle a session is for says its token: `oppleo-flow tokens change`.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field

from oppleo_flow import Example, Instant, Node, NodeConfig, Out, Seconds, Timer
from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import (
    Attribution,
    Notification,
    OdometerMissing,
    OdometerSought,
    SessionEnded,
    SessionOdometer,
    SessionStarted,
    VehicleState,
    VehicleUnknown,
)
from oppleo_flow.wording import wording

_OVER: Final = 0.001


@immutable
class Search:
    """An odometer that is being sought; `before` is the last one from before the session began."""

    session_id: UUID
    vehicle: str
    started_at: datetime
    began: Instant
    attempt: int = 1
    before: VehicleState | None = None


class SessionOdometerConfig(NodeConfig):
    """Settings of a `session-odometer` node."""

    within: Seconds = Field(
        "15m", validate_default=True, gt=0, description="How long it is sought after the beginning."
    )
    before: Seconds = Field(
        "10m",
        validate_default=True,
        ge=0,
        description="How old one from before the beginning may be.",
    )
    tries: int = Field(3, ge=1, le=20, description="How often the vehicle is asked for it.")


class SessionOdometerNode(Node[SessionOdometerConfig]):
    """Have each session keep the odometer with which its vehicle came.

    Input:
        `session`: a `SessionStarted`, or a `SessionEnded`.
        `vehicle`: a `VehicleState`, or a `VehicleUnknown`, of any vehicle.

    Output:
        `sought`: an `OdometerSought`, for the vehicle to be asked.
        `taken`: a `SessionOdometer`, in km.
        `missing`: an `OdometerMissing`, with the reason.
        `notice`: a `Notification` of that.

    Raises:
        Nothing.

    Source:
        Oppleo: three tries at the session's start, and a message when they fail.
    """

    type_name = "session-odometer"
    icon = "gauge"
    sought: Out[OdometerSought]
    taken: Out[SessionOdometer]
    missing: Out[OdometerMissing]
    notice: Out[Notification]
    searches: tuple[Search, ...] = ()
    """The odometers that are being sought; one at each charge point at most."""
    examples = [
        Example(
            send={
                "vehicle": VehicleState.sample(),
                "session": SessionStarted.sample(attribution=Attribution(vehicle="van")),
            },
            expect={"sought": OdometerSought.sample(), "taken": SessionOdometer.sample()},
        ),
        Example(
            send={"session": SessionStarted.sample()},
            expect={"sought": [], "taken": [], "missing": []},
            doc="A session that is for no vehicle.",
        ),
    ]

    def start(self) -> None:
        """Go on with what a restart interrupted."""
        self._states: dict[str, VehicleState | VehicleUnknown] = {}
        self._timers: dict[UUID, Timer] = {}
        for search in self.searches:
            self._wait(search)

    def on_vehicle(self, vehicle: VehicleState | VehicleUnknown) -> None:
        """Take what a vehicle shows for the session that waits for it."""
        self._states[vehicle.vehicle] = vehicle
        for search in self.searches:
            if search.vehicle == vehicle.vehicle:
                self._look(search, vehicle)

    def on_session(self, event: SessionStarted | SessionEnded) -> None:
        """Begin to seek, or seek no longer."""
        if isinstance(event, SessionEnded):
            for search in self.searches:
                if search.session_id == event.session_id:
                    self._give_up(search, "ended")
            return
        vehicle = event.attribution.vehicle
        if vehicle is None or vehicle not in self._states:
            return
        if any(search.session_id == event.session_id for search in self.searches):
            return
        search = Search(event.session_id, vehicle, event.started_at, self.clock.instant())
        self.searches = (*self.searches, search)
        self.sought.send(OdometerSought(search.session_id, vehicle))
        self.status("busy", f"seeks the odometer of {vehicle!r}")
        self._wait(search)
        self._look(search, self._states[vehicle])

    def _look(self, search: Search, vehicle: VehicleState | VehicleUnknown) -> None:
        if isinstance(vehicle, VehicleUnknown) or vehicle.odometer_km is None:
            return
        early = search.started_at - vehicle.time
        if early <= timedelta(0):
            self._take(search, vehicle)
        elif early <= timedelta(seconds=self.config.before):
            self._keep(replace(search, before=vehicle))

    def _keep(self, search: Search) -> None:
        others = (one for one in self.searches if one.session_id != search.session_id)
        self.searches = (*others, search)

    def _wait(self, search: Search) -> None:
        """Have it asked again when this try is over, or give up after the last."""
        due_s = self.config.within * search.attempt / self.config.tries
        wait_s = max(0.0, due_s - self.clock.since(search.began))
        session_id = search.session_id
        self._timers[session_id] = self.after(wait_s, lambda: self._again(session_id))

    def _again(self, session_id: UUID) -> None:
        search = next((one for one in self.searches if one.session_id == session_id), None)
        if search is None:
            return
        if self.clock.since(search.began) >= self.config.within - _OVER:
            self._give_up(search, "silent")
            return
        search = replace(search, attempt=search.attempt + 1)
        self._keep(search)
        self.sought.send(OdometerSought(session_id, search.vehicle, search.attempt))
        self._wait(search)

    def _take(self, search: Search, vehicle: VehicleState) -> None:
        self._forget(search)
        if vehicle.odometer_km is not None:
            taken = SessionOdometer(
                search.session_id, search.vehicle, vehicle.odometer_km, vehicle.time
            )
            self.taken.send(taken)
            self.status("ok", f"{search.vehicle}: {vehicle.odometer_km} km")

    def _give_up(self, search: Search, why: str) -> None:
        """Take the one from before, or say that there is none."""
        if search.before is not None:
            self._take(search, search.before)
            return
        self._forget(search)
        state = self._states.get(search.vehicle)
        if why == "ended":
            reason = "the session ended before the vehicle told it"
        elif isinstance(state, VehicleUnknown):
            reason = state.reason
        else:
            reason = f"nothing of it in {self.config.within / 60:.0f} min"
        self.missing.send(OdometerMissing(search.session_id, search.vehicle, reason))
        self.notice.send(self._notice(search, reason))
        self.status("warn", f"{search.vehicle}: {reason}")

    def _forget(self, search: Search) -> None:
        self.searches = tuple(one for one in self.searches if one.session_id != search.session_id)
        timer = self._timers.pop(search.session_id, None)
        if timer is not None:
            timer.cancel()

    def _notice(self, search: Search, reason: str) -> Notification:
        say = wording(self.site.language)
        began = search.started_at.astimezone(ZoneInfo(self.site.timezone))
        text = say(
            "odometer.missing.text",
            vehicle=search.vehicle,
            began=say.moment(began),
            reason=reason,
        )
        return Notification(say("odometer.missing.title"), text)
