"""The import itself: what is read of a database, in which order, and what is written.

Cards come before sessions, which name them; readings too, because the last one tells when a session
that was left open had ended.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from oppleo_flow.charging.meters import MeterFacts, MeterSegment
from oppleo_flow.charging.tokens import Token
from oppleo_flow.errors import Refused
from oppleo_flow.immutable import immutable
from oppleo_flow.oppleo_import import cells, readings, sessions, tokens, users
from oppleo_flow.oppleo_import.cells import Row
from oppleo_flow.oppleo_import.devices import OppleoMeter, current_device, meters_of
from oppleo_flow.oppleo_import.local_time import LocalClock
from oppleo_flow.oppleo_import.prices import CURRENCY, PriceList
from oppleo_flow.oppleo_import.reading_writer import ReadingWriter
from oppleo_flow.oppleo_import.report import ImportReport, Remark
from oppleo_flow.oppleo_import.session_writer import By, SessionWriter
from oppleo_flow.oppleo_import.sessions import SessionMap, Surroundings
from oppleo_flow.oppleo_import.source import Source
from oppleo_flow.oppleo_import.tokens import MappedToken, TokenMap
from oppleo_flow.store import Ledger

SECRET: Final = frozenset({"secret_key", "wtf_csrf_secret_key", "smb_backup_password"})
"""Columns of the settings that are kept nowhere."""
_MAKE: Final = "Eastron"
"""Oppleo reads no other meters."""
_KEPT: Final = {
    "charger_config": "charger_id",
    "energy_device": "energy_device_id",
    "off_peak_hours": "id",
}
"""Tables whose rows are kept as they are, beside what was made of them."""
_STAYS: Final = "it stays as it is here, `oppleo-flow tokens change` changes it"
_KNOWN: Final = f"is known here already, as somebody has written it; {_STAYS}"
_CHANGED: Final = f"was changed in Oppleo after it was taken over; {_STAYS}"
_REMOVED: Final = {
    False: "was removed here after it was taken over; `oppleo-flow tokens add` adds it",
    True: "was removed here after it was taken over, and has charged at Oppleo; it may not charge, "
    "`oppleo-flow tokens enable` lets it",
}
"""By whether there are sessions of it."""


@immutable
class ImportOptions:
    """What an import is told.

    `zone` is that of the clock of the machine that Oppleo ran on; `confirmed` are cards that may
    charge; `meter_names` says what the readings of a device are called here; `currency` is that of
    the site.
    """

    zone: ZoneInfo
    by: By
    currency: str = CURRENCY
    confirmed: frozenset[str] = frozenset()
    meter_names: Mapping[str, str] = field(default_factory=dict)


def charger_of(source: Source) -> Row:
    """Return Oppleo's settings: of several rows the one that was changed last."""
    rows = list(source.rows("charger_config"))
    return max(rows, key=lambda row: row.get("modified_at") or "", default={})


def devices_of(source: Source) -> dict[str, Row]:
    """Return the kWh meters by their ids."""
    return {row.get("energy_device_id") or "": row for row in source.rows("energy_device")}


def import_oppleo(
    source: Source,
    ledger: Ledger,
    options: ImportOptions,
    report: ImportReport,
    tell: Callable[[str, int], None],
) -> None:
    """Take over what a database of Oppleo has; again, and only what is new comes in.

    `tell` hears of each table how many rows were read so far.

    Raises:
        Refused: The site has its prices in another money.
        ConfigError: A name of a meter is for none that is there.
        StoreError: The source cannot be read, or the ledger not be written.
    """
    if options.currency != CURRENCY:
        raise Refused(
            f"currency: Oppleo's prices are in {CURRENCY}, the site's in {options.currency}; "
            "import into a site of the same currency"
        )
    _Import(source, ledger, options, report, tell).run()


class _Import:
    def __init__(
        self,
        source: Source,
        ledger: Ledger,
        options: ImportOptions,
        report: ImportReport,
        tell: Callable[[str, int], None],
    ) -> None:
        self._source = source
        self._ledger = ledger
        self._options = options
        self._report = report
        self._tell = tell
        self._clock = LocalClock(options.zone)

    def run(self) -> None:
        """Take over one table after another."""
        charger, devices = charger_of(self._source), devices_of(self._source)
        current = current_device(devices, charger.get("charger_id") or "")
        meters = meters_of(devices, current, self._options.meter_names)
        past = list(self._source.rows(sessions.TABLE))
        cards = self._tokens(past)
        mapped = readings.ReadingMap(self._clock, meters, self._report, self._options.by.now)
        ReadingWriter(self._ledger, self._report).write(
            self._source.cells(readings.TABLE, readings.COLUMNS)
            if self._source.columns(readings.TABLE)
            else (),
            mapped,
            lambda rows: self._tell(readings.TABLE, rows),
        )
        for meter in meters.values():
            self._meter(meter)
        around = Surroundings(
            self._ledger.charge_point,
            self._clock,
            {number: one.token for number, one in cards.items()},
            {one.vehicle.name: one.vehicle for one in cards.values() if one.vehicle is not None},
            meters,
            mapped.last,
        )
        self._sessions(past, around, charger)
        self._users()
        for table, key in _KEPT.items():
            rows = {row.get(key) or "": _shown(row) for row in self._source.rows(table)}
            self._ledger.imports.keep(table, rows, self._options.by.now)

    def _meter(self, meter: OppleoMeter) -> None:
        """Say what meter the readings of a name are of, unless somebody has said so."""
        first = self._ledger.readings.first(meter.meter, readings.FIRST_DAY)
        if first is not None and not self._ledger.meters.of(meter.meter):
            facts = MeterFacts(make=_MAKE, model=meter.model, register="total")
            self._ledger.meters.add(MeterSegment(meter.meter, first.time, facts))

    def _sessions(self, past: Sequence[Row], around: Surroundings, charger: Row) -> None:
        prices = PriceList(self._ledger.charge_point, self._ledger.prices.all())
        writer = SessionWriter(self._ledger, self._report, self._options.by)
        last_end = writer.write(past, SessionMap(around, self._report), prices)
        self._tell(sessions.TABLE, len(past))
        self._present_tariff(charger, prices, last_end)

    def _present_tariff(self, charger: Row, prices: PriceList, last_end: datetime | None) -> None:
        """Let new sessions cost what they would cost in Oppleo now.

        One that was under way when it was set keeps its price, also when it is corrected.
        """
        per_kwh = cells.money(charger.get("charger_tariff"))
        if per_kwh is None or per_kwh < 0:
            self._report.leave("charger_tariff", "Oppleo has none; `oppleo-flow prices set`")
            return
        changed = cells.moment(charger.get("modified_at"))
        now = self._options.by.now
        at = now if changed is None else min(now, self._clock.meant(changed).first)
        added = prices.ends_with(per_kwh, at if last_end is None else max(at, last_end))
        if added is not None:
            self._ledger.prices.add(added)

    # -- cards ---------------------------------------------------------------------------------

    def _tokens(self, past: Iterable[Row]) -> dict[str, MappedToken]:
        rows: dict[str, list[Row]] = {}
        for row in self._source.rows(tokens.TABLE):
            rows.setdefault(row.get("rfid") or "", []).append(row)
        used = dict.fromkeys(row.get("rfid") or "" for row in past)
        mapped = TokenMap(
            self._ledger.charge_point, self._clock, self._report, self._options.confirmed
        ).map(rows, used)
        before = self._ledger.imports.rows(tokens.TABLE)
        there = self._ledger.tokens.all()
        found = {
            number: (
                self._removed(one, rows.get(number, [{}]), used=number in used)
                if number in before and _same_card(one.token, there) is None
                else self._token(one, there, before.get(number), rows.get(number, [{}]))
            )
            for number, one in mapped.items()
        }
        kept = {number: same[-1] for number, same in rows.items() if number not in before}
        self._ledger.imports.keep(tokens.TABLE, kept, self._options.by.now)
        return found

    def _removed(self, wanted: MappedToken, rows: Sequence[Row], *, used: bool) -> MappedToken:
        """Return a card that somebody has removed here; sessions of it since need it all the same.

        It may not charge any more.
        """
        self._report.count(tokens.TABLE, "refused", len(rows) - 1)
        token = replace(wanted.token, enabled=False)
        if used:
            self._add_vehicle(wanted)
            self._ledger.tokens.add(token, wanted.since or self._options.by.now)
        self._leave(token, rows[-1], "token-removed", _REMOVED[used])
        return replace(wanted, token=token)

    def _token(
        self, wanted: MappedToken, there: Sequence[Token], before: Row | None, rows: Sequence[Row]
    ) -> MappedToken:
        """Write a card unless it is known; return it as it is here then."""
        self._report.count(tokens.TABLE, "refused", len(rows) - 1)
        known = _same_card(wanted.token, there)
        if known is None:
            self._add_vehicle(wanted)
            self._ledger.tokens.add(wanted.token, wanted.since or self._options.by.now)
            self._report.count(tokens.TABLE, "added")
            return wanted
        if known.token_id == wanted.token.token_id:
            if before is not None and dict(before) != dict(rows[-1]):
                self._leave(wanted.token, rows[-1], "token-known", _CHANGED)
            else:
                self._report.count(tokens.TABLE, "same")
        elif not known.enabled and not known.label:  # it was refused here, and nothing more
            self._add_vehicle(wanted)
            filled = replace(wanted.token, token_id=known.token_id, uid=known.uid)
            self._ledger.tokens.change(filled)
            self._report.count(tokens.TABLE, "corrected")
            return replace(wanted, token=filled)
        else:
            self._leave(wanted.token, rows[-1], "token-known", _KNOWN)
        return replace(wanted, token=known)

    def _leave(self, token: Token, row: Row, code: str, why: str) -> None:
        self._report.count(tokens.TABLE, "left")
        original = cells.filled(row)
        self._report.remark(
            Remark(
                tokens.TABLE,
                token.legacy_id,
                "refused",
                code,
                why,
                original,
            )
        )

    def _add_vehicle(self, wanted: MappedToken) -> None:
        vehicle = wanted.vehicle
        if vehicle is not None and vehicle.name not in self._ledger.accounts.names("vehicle"):
            self._ledger.accounts.add("vehicle", vehicle.name, vehicle=vehicle)

    # -- people --------------------------------------------------------------------------------

    def _users(self) -> None:
        known = {user.name for user in self._ledger.users.all()}
        before = self._ledger.imports.rows(users.TABLE)
        rows = list(self._source.rows(users.TABLE))
        new = [row for row in rows if _user_name(row) not in known]
        self._report.count(users.TABLE, "same", len(rows) - len(new))
        removed = {_user_name(row): row for row in new if _user_name(row) in before}
        for name in removed:
            self._report.count(users.TABLE, "left")
            why = "was removed here after the import; `oppleo-flow users add` adds them"
            self._report.remark(Remark(users.TABLE, name, "refused", "user-removed", why, {}))
        wanted = [row for row in new if _user_name(row) not in removed]
        for user in users.map_users(wanted, self._report):
            self._ledger.users.add(user, self._options.by.now)
            self._report.count(users.TABLE, "added")
        # The name alone: that somebody was there, and nothing that proves who it was.
        names = {name: {"username": name} for name in map(_user_name, rows) if name}
        self._ledger.imports.keep(users.TABLE, names, self._options.by.now)


def _user_name(row: Row) -> str:
    return cells.words(row.get("username"))


def _same_card(wanted: Token, there: Sequence[Token]) -> Token | None:
    """Return the token that is the same card: by its id, its UID, or Oppleo's part of one."""
    return next(
        (one for one in there if one.token_id == wanted.token_id),
        next(
            (
                one
                for one in there
                if (wanted.uid is not None and one.uid == wanted.uid)
                or (wanted.uid is None and one.legacy_id == wanted.legacy_id)
            ),
            None,
        ),
    )


def _shown(row: Row) -> Row:
    return {name: text for name, text in row.items() if name not in SECRET}
