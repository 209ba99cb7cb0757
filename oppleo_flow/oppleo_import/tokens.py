"""What becomes of the cards of Oppleo, `rfid`, and of the cars that are written on them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from oppleo_flow.charging.tokens import VIRTUAL, Token, Vehicle, card_token
from oppleo_flow.immutable import immutable
from oppleo_flow.oppleo_import import cells
from oppleo_flow.oppleo_import.cells import Row
from oppleo_flow.oppleo_import.identity import same_id
from oppleo_flow.oppleo_import.local_time import LocalClock
from oppleo_flow.oppleo_import.report import ImportReport, Remark, Verdict

TABLE: Final = "rfid"
AUTHORS_CARD: Final = "856853722117"
"""A card that every installation of Oppleo lets charge, which is its author's."""


@immutable
class MappedToken:
    """A card with its car, if one is written on it; `since` is when it was first seen."""

    token: Token
    vehicle: Vehicle | None
    since: datetime | None


class TokenMap:
    """Turns rows into tokens; `confirmed` are cards that may charge though nobody here has them."""

    def __init__(
        self,
        charge_point: str,
        clock: LocalClock,
        report: ImportReport,
        confirmed: Iterable[str] = (),
    ) -> None:
        self._charge_point = charge_point
        self._clock = clock
        self._report = report
        self._confirmed = frozenset(confirmed)

    def map(self, rows: Mapping[str, Sequence[Row]], used: Iterable[str]) -> dict[str, MappedToken]:
        """Return a token for each number; `rows` are those that have it, one or, wrongly, several.

        `used` are the numbers that sessions name, of which some may have no row.
        """
        found: dict[str, MappedToken] = {}
        plates: dict[str, str | None] = {}
        for number, same in rows.items():
            found[number] = self._token(number, self._one_of(number, same), plates)
        for number in used:
            if number not in found:
                self._remark(
                    number,
                    {},
                    "flagged",
                    "token-unknown",
                    "is the card of sessions, but Oppleo has no such card; it may not charge",
                )
                found[number] = MappedToken(self._card(number, number, enabled=False), None, None)
        return found

    def _one_of(self, number: str, rows: Sequence[Row]) -> Row:
        """Return the row that counts of several with one number: the one that was used last."""
        last = max(
            rows, key=lambda row: (row.get("last_used_at") or "", row.get("created_at") or "")
        )
        if len(rows) == 1:
            return last
        may = all(cells.truth(row.get("enabled")) for row in rows)
        self._remark(
            number,
            last,
            "flagged",
            "token-twice",
            f"stands {len(rows)} times in Oppleo; the row counts that was used last, and the card "
            f"may {'' if may else 'not '}charge, as {'all' if may else 'not all'} of them say",
        )
        return {**last, "enabled": "t" if may else "f"}

    def _token(self, number: str, row: Row, plates: dict[str, str | None]) -> MappedToken:
        vehicle = self._with_vin(number, row, _vehicle(row, plates))
        enabled = self._enabled(number, row)
        name = cells.words(row.get("name"))
        label = name or (number if enabled else "")
        token = self._card(number, label, enabled=enabled)
        token = replace(token, vehicle=None if vehicle is None else vehicle.name)
        return MappedToken(self._with_days(number, row, token), vehicle, self._since(row))

    def _with_vin(self, number: str, row: Row, vehicle: Vehicle | None) -> Vehicle | None:
        """Return a car with its number; what can be none stays in the report."""
        vin = cells.words(row.get("vehicle_vin")).upper()
        if vehicle is None or not vin:
            return vehicle
        try:
            return replace(vehicle, vin=vin)
        except ValueError:
            self._remark(
                *(number, row, "flagged", "vin-wrong"),
                f"has {vin!r} for the VIN of its car, which has 17 characters without I, O and Q; "
                "it is left out",
            )
            return vehicle

    def _enabled(self, number: str, row: Row) -> bool:
        enabled = cells.truth(row.get("enabled")) is True
        if enabled and number == AUTHORS_CARD and number not in self._confirmed:
            self._remark(
                number,
                row,
                "changed",
                "authors-card",
                "is a card that Oppleo lets charge everywhere; it may not here. If it is yours: "
                f"`--confirm-token {number}`",
            )
            return False
        return enabled

    def _card(self, number: str, label: str, *, enabled: bool) -> Token:
        """Return the token of a number; one that no card can have is presented on the page."""
        token_id = same_id(self._charge_point, "token", number)
        try:
            card = card_token(token_id, number, label or number)
        except ValueError:
            uid = f"{VIRTUAL}{token_id.hex[:8].upper()}"
            return Token(token_id, uid, number, label, enabled)
        if card.legacy_id != number:  # it reads as a UID, which Oppleo never kept
            uid = f"{VIRTUAL}{token_id.hex[:8].upper()}"
            return Token(token_id, uid, number, label, enabled)
        return replace(card, label=label, enabled=enabled)

    def _with_days(self, number: str, row: Row, token: Token) -> Token:
        first, last = (self._day(row.get(name)) for name in ("valid_from", "valid_until"))
        try:
            dated = replace(token, valid_from=first, valid_until=last)
        except ValueError:
            self._remark(
                number,
                row,
                "flagged",
                "validity-reversed",
                f"is valid until {last}, before it begins on {first}; it may not charge",
            )
            return replace(token, enabled=False)
        if last is not None:
            self._remark(
                number,
                row,
                "changed",
                "last-day",
                f"is valid until {last}: here it is on that day too, which Oppleo left out",
            )
        return dated

    def _day(self, text: str | None) -> date | None:
        at = cells.moment(text)
        return None if at is None else at.date()

    def _since(self, row: Row) -> datetime | None:
        for name in ("created_at", "last_used_at"):
            at = cells.moment(row.get(name))
            if at is not None:
                return self._clock.meant(at).first
        return None

    def _remark(self, number: str, row: Row, verdict: Verdict, code: str, text: str) -> None:
        original = cells.filled(row)
        self._report.remark(Remark(TABLE, number, verdict, code, text, original))


def _vehicle(row: Row, plates: dict[str, str | None]) -> Vehicle | None:
    """Return the car of a card; two cars of one name are told apart by their plates."""
    plate = cells.words(row.get("license_plate")) or None
    kind = cells.words(f"{row.get('vehicle_make') or ''} {row.get('vehicle_model') or ''}")
    name = cells.words(row.get("vehicle_name")) or kind or plate
    if not name:
        return None
    if plates.setdefault(name, plate) != plate:
        name = f"{name} {plate or '(no plate)'}"
        plates.setdefault(name, plate)
    make, model = (cells.words(row.get(f"vehicle_{part}")) or None for part in ("make", "model"))
    return Vehicle(name, plate, make, model)
