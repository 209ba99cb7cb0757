"""What one person is told, and when: nothing twice, nothing at night, and not too much at once.

Pure: time comes in.  What cannot be told now is held; when it can, it is told as one message.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from oppleo_flow.charging.notices import EMERGENCY, Notices
from oppleo_flow.clock import Instant, seconds_since
from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import Notification

MOST: Final = 100
"""So many are held, and so much is remembered; of more only the number is."""
_TOLERANCE_S: Final = 1e-6
Send = Callable[[Notification], object]


@immutable
class Manners:
    """What somebody wants; `urgent` is the priority from which quiet hours do not matter.

    `again_s` is after what time somebody is told that something still lasts, `same_s` for how long
    what happens again is counted only, `limit` how many may be told in so many seconds.
    """

    urgent: int = 1
    again_s: float | None = 86_400.0
    same_s: float = 600.0
    limit: tuple[int, float] | None = None


@immutable
class Now:
    """This moment, and until when it is quiet; None: it is not."""

    instant: Instant
    quiet_until: datetime | None = None

    def since(self, then: Instant) -> float:
        """Return the seconds since then."""
        return seconds_since(then, self.instant)


@immutable
class Standing:
    """What was raised and is not over; `more` times again since it was `told` last.

    `seen` is false after a start until it is raised once more.
    """

    note: Notification
    since: Instant
    told: Instant
    more: int = 0
    seen: bool = True


@immutable
class Lately:
    """What happened a short while ago, and `more` times since it was told."""

    note: Notification
    told: Instant
    more: int = 0


@immutable
class Held:
    """What waits to be told, and when it happened."""

    note: Notification
    at: datetime


@immutable
class Desk:
    """All that is remembered of what one person was told, or is yet to be."""

    standing: tuple[Standing, ...] = ()
    lately: tuple[Lately, ...] = ()
    held: tuple[Held, ...] = ()
    left_out: int = 0
    told: tuple[Instant, ...] = ()

    def started(self, now: Instant) -> "Desk":
        """Return it as it is after a start: whether something still lasts is to be seen.

        What was later than now, by the clock of a boot before, counts as now: else all would wait
        until the clock comes there again.
        """

        def at(then: Instant) -> Instant:
            return now if then.boot_id != now.boot_id and then.wall > now.wall else then

        return replace(
            self,
            standing=tuple(
                replace(one, since=at(one.since), told=at(one.told), seen=False)
                for one in self.standing
            ),
            lately=tuple(replace(one, told=at(one.told)) for one in self.lately),
            told=tuple(map(at, self.told)),
        )


class Teller:
    """Decides what is told now; `desk` is what it remembers."""

    def __init__(self, manners: Manners, notices: Notices, desk: Desk, send: Send) -> None:
        self.desk = desk
        self._manners = manners
        self._notices = notices
        self._send = send

    def take(self, note: Notification, now: Now) -> None:
        """Take what has happened."""
        if note.state == "raised":
            self._raised(note, now)
        elif note.state == "cleared":
            self._cleared(note.key, now)
        elif note.key:
            self._happened(note, now)
        else:
            self._offer(note, now)

    def _raised(self, note: Notification, now: Now) -> None:
        before = self._standing(note.key)
        if before is None:
            self._remember(Standing(note, now.instant, now.instant))
            self._offer(note, now)
            return
        # After a start the same once more is the old one that lasts, and not one more.
        more = before.more + 1 if before.seen else before.more
        self._remember(replace(before, note=note, more=more, seen=True))

    def _cleared(self, key: str, now: Now) -> None:
        before = self._standing(key)
        if before is not None:
            self._forget(key)
            lasted = timedelta(seconds=now.since(before.since))
            self._offer(self._notices.over(before.note, lasted), now)

    def _happened(self, note: Notification, now: Now) -> None:
        """Tell of something unless the very same was told a short while ago."""
        self._drop_old(now)
        before = next((one for one in self.desk.lately if one.note == note), None)
        if before is not None and now.since(before.told) < self._manners.same_s:
            lately = (replace(before, more=before.more + 1), *self._others(note))
            self.desk = replace(self.desk, lately=lately)
            return
        told = Lately(note, now.instant)
        self.desk = replace(self.desk, lately=(told, *self._others(note))[:MOST])
        if before is not None and before.more:
            note = self._notices.again(note, before.more, before.told.wall)
        self._offer(note, now)

    def _others(self, note: Notification) -> tuple[Lately, ...]:
        return tuple(one for one in self.desk.lately if one.note != note)

    def _drop_old(self, now: Now) -> None:
        """Forget what was told long ago, but for what was counted and is yet to be said."""
        keep_s = self._manners.same_s
        lately = tuple(one for one in self.desk.lately if one.more or now.since(one.told) < keep_s)
        self.desk = replace(self.desk, lately=lately)

    def look(self, now: Now) -> None:
        """Tell what still lasts, and what was held and may be told now."""
        for one in self.desk.standing:
            if self._left_s(one, now) <= _TOLERANCE_S:
                self._remember(replace(one, told=now.instant, more=0))
                # What is held goes first, or with it: else this could take its room for ever.
                tell = self._hold if self.desk.held else self._offer
                tell(self._still(one, now), now)
        self._tell_held(now)

    def _tell_held(self, now: Now) -> None:
        """Tell what was held; at quiet hours only what is urgent."""
        desk = self.desk
        ready = self._ready(now)
        if not ready or self._wait_s(now) > _TOLERANCE_S:
            return
        note, left_out = ready[0].note, 0 if now.quiet_until else desk.left_out
        if len(ready) > 1 or left_out:
            note = self._notices.digest([(one.at, one.note) for one in ready], left_out)
        held = tuple(one for one in desk.held if one not in ready)
        self.desk = replace(desk, held=held, left_out=desk.left_out - left_out)
        self._tell(note, now)

    def _ready(self, now: Now) -> tuple[Held, ...]:
        """Return what is held for the sake of the limit only."""
        if now.quiet_until is None:
            return self.desk.held
        return tuple(one for one in self.desk.held if self._is_urgent(one.note))

    def _is_urgent(self, note: Notification) -> bool:
        return note.priority >= self._manners.urgent

    def _still(self, one: Standing, now: Now) -> Notification:
        """Return that something still lasts; nobody is woken for it once more."""
        note = self._notices.still(one.note, timedelta(seconds=now.since(one.since)))
        note = note.with_(priority=min(note.priority, 0))
        return self._notices.again(note, one.more, one.told.wall) if one.more else note

    def unseen_are_over(self, now: Now) -> None:
        """Give up what was raised before the start and has not been since."""
        for one in self.desk.standing:
            if not one.seen:
                self._forget(one.note.key)
                self._offer(self._notices.over(one.note, None), now)

    def next_look_s(self, now: Now) -> float | None:
        """Return in how many seconds something may be told that cannot be now."""
        waits = [self._left_s(one, now) for one in self.desk.standing]
        if self._ready(now):
            waits.append(self._wait_s(now))
        elif self.desk.held and now.quiet_until is not None:
            waits.append((now.quiet_until - now.instant.wall).total_seconds())
        return min((max(0.0, one) for one in waits if one != float("inf")), default=None)

    def _left_s(self, one: Standing, now: Now) -> float:
        """Return the seconds until somebody is told that something still lasts."""
        again_s = self._manners.again_s
        return float("inf") if again_s is None else again_s - now.since(one.told)

    def _wait_s(self, now: Now) -> float:
        """Return the seconds until one more may be told."""
        if self._manners.limit is None:
            return 0.0
        count, within_s = self._manners.limit
        told = [one for one in self.desk.told if now.since(one) < within_s - _TOLERANCE_S]
        return 0.0 if len(told) < count else within_s - now.since(told[-count])

    def _offer(self, note: Notification, now: Now) -> None:
        """Tell something, or hold it; what comes after something that is held waits behind it."""
        room = self._wait_s(now) <= _TOLERANCE_S
        at_once = now.quiet_until is None and not self.desk.held
        if note.priority >= EMERGENCY or (room and (at_once or self._is_urgent(note))):
            self._tell(note, now)
        else:
            self._hold(note, now)

    def _hold(self, note: Notification, now: Now) -> None:
        desk = self.desk
        if len(desk.held) < MOST:
            self.desk = replace(desk, held=(*desk.held, Held(note, now.instant.wall)))
        else:
            self.desk = replace(desk, left_out=desk.left_out + 1)

    def _tell(self, note: Notification, now: Now) -> None:
        if self._manners.limit is not None:
            count, _ = self._manners.limit
            self.desk = replace(self.desk, told=(*self.desk.told, now.instant)[-count:])
        self._send(note)

    def _standing(self, key: str) -> Standing | None:
        return next((one for one in self.desk.standing if one.note.key == key), None)

    def _remember(self, one: Standing) -> None:
        self._forget(one.note.key)
        self.desk = replace(self.desk, standing=(*self.desk.standing, one)[-MOST:])

    def _forget(self, key: str) -> None:
        left = tuple(one for one in self.desk.standing if one.note.key != key)
        self.desk = replace(self.desk, standing=left)
