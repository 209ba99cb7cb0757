"""A language, as what writes for people uses it."""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from oppleo_flow.errors import ConfigError
from oppleo_flow.wording.catalogue import LANGUAGES, Manner, catalogue

_ONE_PLACE = Decimal("0.1")


class Wording:
    """The texts of one language, and its way to write numbers, money and dates.

    It is called `say` where it is used, so that a test finds every text that is asked for.

    The texts are read when the first is asked for: a node that may have something to tell one day
    delays no start.
    """

    __slots__ = ("language",)

    def __init__(self, language: str) -> None:
        self.language = language

    @property
    def _manner(self) -> Manner:
        return catalogue(self.language).manner

    def __call__(self, key: str, /, **values: str | int | Decimal | date) -> str:
        """Return a text, with its placeholders filled; `count` chooses between one and more.

        A decimal number and a day are written as the language does, a whole number plainly.

        Raises:
            KeyError: There is no such text, or it has a placeholder without a value.
        """
        forms = catalogue(self.language).texts[key]
        form = "one" if values.get("count") == 1 and "one" in forms else "other"
        return forms[form].format_map({name: self._written(one) for name, one in values.items()})

    def _written(self, value: str | int | Decimal | date) -> str:
        if isinstance(value, Decimal):
            return self.number(value)
        if isinstance(value, datetime):
            return self.moment(value)
        return self.day(value) if isinstance(value, date) else str(value)

    def number(self, value: Decimal | int, places: int | None = None) -> str:
        """Return a number, rounded half up to so many places where that is said."""
        value = Decimal(value)
        if places is not None:
            value = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        swap = {",": self._manner.group, ".": self._manner.decimal}
        return "".join(swap.get(sign, sign) for sign in f"{value:,f}")

    def money(self, amount: Decimal, currency: str) -> str:
        """Return an amount with the sign of its currency, or its code where it has none here."""
        sign = self._manner.signs.get(currency)
        if sign is None:
            return f"{currency} {self.number(amount, 2)}"
        minus = "-" if amount < 0 else ""
        return minus + self._manner.money.format(sign=sign, amount=self.number(abs(amount), 2))

    def kwh(self, energy_wh: int) -> str:
        """Return an energy in kWh, with one decimal place."""
        return f"{self.number((Decimal(energy_wh) / 1000).quantize(_ONE_PLACE, ROUND_HALF_UP))} kWh"

    def day(self, day: date) -> str:
        """Return a day: `15 January 2026`."""
        return self._manner.date.format(
            day=day.day, month=self._manner.months[day.month - 1], year=day.year
        )

    def month(self, day: date) -> str:
        """Return the month that a day is in: `January 2026`."""
        return f"{self._manner.months[day.month - 1]} {day.year}"

    def weekday(self, day: date) -> str:
        """Return the day of the week: `Thursday`."""
        return self._manner.weekdays[day.weekday()]

    def moment(self, at: datetime) -> str:
        """Return a day and a time by the zone that the moment is in: `15 January 2026, 13:05`."""
        return self._manner.moment.format(date=self.day(at), time=self.time(at))

    def time(self, at: datetime) -> str:
        """Return the time of day by the zone that the moment is in: `13:05`."""
        return f"{at:%H:%M}"

    def duration(self, span: timedelta) -> str:
        """Return how long something lasted, in whole minutes: `1 h 05 min`."""
        hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
        if not hours:
            return self("unit.minutes", minutes=str(minutes))
        return self("unit.hours", hours=str(hours), minutes=f"{minutes:02}")

    def seconds(self, seconds: float) -> str:
        """Return a number of seconds as a duration."""
        return self.duration(timedelta(seconds=seconds))


def wording(language: str) -> Wording:
    """Return the texts of a language: `en` or `nl`.

    Raises:
        ConfigError: There is no such language.
    """
    if language not in LANGUAGES:
        raise ConfigError(f"language: one of {', '.join(LANGUAGES)} is needed, got {language!r}")
    return Wording(language)
