"""What a test of a flow may say that the ledger knows."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from oppleo_flow.charging.calendar_rules import CalendarRules, SiteCalendars
from oppleo_flow.errors import ConfigError
from oppleo_flow.payloads import Limits
from oppleo_flow.simulator.premise import GivenPrice, Premise
from oppleo_flow.store import StoreLocation, open_ledger

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
NIGHTS = {"open": [{"days": "daily", "from": "23:00", "to": "07:00"}]}
SITE = SiteCalendars({"dal": CalendarRules.model_validate(NIGHTS)})


def price(**said: Any) -> GivenPrice:
    return GivenPrice.model_validate({"from": "2026-01-01", **said})


def test_the_ledger_knows_the_cards_as_they_are_given(tmp_path) -> None:
    said = {
        "family": {"valid_until": "2026-01-15", "driver": "Anna", "vehicle": "van", "plate": "X-1"},
        "visitor": {"enabled": False, "energy_wh": 5000, "duration": "2h", "driver": "Anna"},
    }
    with open_ledger(StoreLocation(tmp_path / "ledger.sqlite"), "mine") as ledger:
        Premise.model_validate({"cards": said, "enrol": "guest"}).tell(ledger, NOW)
        family, visitor = ledger.tokens.all()
        (vehicle,) = ledger.accounts.vehicles()
        armed = ledger.enrolments.armed(NOW)
    assert (family.uid, family.valid_until, family.driver) == (
        "04A1B2C3",
        date(2026, 1, 15),
        "Anna",
    )
    assert (vehicle.name, vehicle.plate) == ("van", "X-1")
    assert (visitor.enabled, visitor.limits) == (False, Limits(5000, 7200))
    assert armed is not None
    assert armed.label == "guest"


@pytest.mark.parametrize(
    ("said", "peak", "off_peak"),
    [
        pytest.param({"per_kwh": "0.40"}, "0.40", None, id="flat"),
        pytest.param(
            {"per_kwh": "0.40", "off_peak": "0.30", "calendar": "dal"}, "0.40", "0.30",
            id="two prices by a calendar of the site",
        ),
        pytest.param(
            {"components": {"energy": "0.15/0.05", "tax": 0.10}, "vat": 20, "calendar": NIGHTS},
            "0.30", "0.18", id="components with VAT by rules of the test",
        ),
        pytest.param({"market": "day-ahead", "vat": 21}, "0.00", None, id="of a market"),
    ],
)  # fmt: skip
def test_a_price_is_as_it_is_given(said: dict[str, Any], peak: str, off_peak: str | None) -> None:
    made = price(**said).version("Europe/Amsterdam", "EUR", SITE)
    assert made.valid_from == datetime(2025, 12, 31, 23, 0, tzinfo=UTC)
    assert (made.price_per_kwh, made.currency) == (Decimal(peak), "EUR")
    if off_peak is not None:
        assert made.tariff is not None
        assert made.tariff.per_kwh(off_peak=True) == Decimal(off_peak)
        assert made.tariff.calendar is not None
        assert made.tariff.calendar.timezone == "Europe/Amsterdam"


def test_a_price_may_begin_at_a_moment_of_any_offset() -> None:
    said = GivenPrice.model_validate({"from": "2026-01-01T12:00:00+05:00", "per_kwh": 1})
    made = said.version("Europe/Amsterdam", "EUR", SITE)
    assert made.valid_from == datetime(2026, 1, 1, 7, 0, tzinfo=UTC)


def test_a_calendar_that_the_site_has_not_is_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        price(per_kwh=1, calendar="dall").version("UTC", "EUR", SITE)
    assert str(refused.value) == (
        "no calendar 'dall' under `calendars:` in oppleo.yaml; known: dal"
    )


@pytest.mark.parametrize(
    ("said", "message"),
    [
        pytest.param(
            {}, "per_kwh is needed, or its components or a market, and not both", id="nothing"
        ),
        pytest.param(
            {"per_kwh": 1, "market": "m"},
            "per_kwh is needed, or its components or a market, and not both",
            id="both",
        ),
        pytest.param(
            {"market": "m", "off_peak": 1},
            "off_peak goes with per_kwh; a component is written 0.15/0.08",
            id="an off-peak price of nothing",
        ),
        pytest.param(
            {"per_kwh": 1, "off_peak": 1},
            "off-peak prices need a calendar that says when they hold",
            id="no calendar",
        ),
        pytest.param(
            {"components": {"energy": "1/2/3"}},
            "a price such as 0.15 or, with an off-peak one, 0.15/0.08 is needed",
            id="three prices of one part",
        ),
        pytest.param(
            {"components": {"energy": "free"}},
            "a price such as 0.15 or, with an off-peak one, 0.15/0.08 is needed",
            id="no number",
        ),
    ],
)
def test_what_is_no_price_is_refused(said: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        price(**said)
    (error,) = refused.value.errors()
    assert error["msg"] == f"Value error, {message}"


@pytest.mark.parametrize(
    ("cards", "message"),
    [
        pytest.param(
            {"famly": {}}, "no such card is in the pocket; did you mean 'family'?", id="no card"
        ),
        pytest.param(
            {"family": {"valid_from": "2026-01-02", "valid_until": "2026-01-01"}},
            "valid_until: 2026-01-01 is before valid_from, 2026-01-02",
            id="no day at all",
        ),
        pytest.param(
            {"family": {"plate": "X-1"}},
            "a plate is that of a vehicle; add `vehicle`",
            id="a plate of nothing",
        ),
    ],
)
def test_what_is_no_card_is_refused(cards: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Premise.model_validate({"cards": cards})
    (error,) = refused.value.errors()
    assert error["msg"] == f"Value error, {message}"
