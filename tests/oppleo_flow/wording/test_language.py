import subprocess
import sys
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from oppleo_flow.errors import ConfigError
from oppleo_flow.wording import wording


@pytest.mark.parametrize(
    ("language", "count", "text"),
    [
        pytest.param("en", 0, "0 sessions", id="none in English"),
        pytest.param("en", 1, "1 session", id="one in English"),
        pytest.param("en", 3, "3 sessions", id="more in English"),
        pytest.param("nl", 0, "0 sessies", id="none in Dutch"),
        pytest.param("nl", 1, "1 sessie", id="one in Dutch"),
        pytest.param("nl", 3, "3 sessies", id="more in Dutch"),
    ],
)
def test_one_is_said_in_another_way_than_more(language: str, count: int, text: str) -> None:
    assert wording(language)("unit.sessions", count=count) == text


@pytest.mark.parametrize(
    ("language", "amount", "currency", "text"),
    [
        pytest.param("en", "1234.5", "EUR", "€1,234.50", id="English"),
        pytest.param("nl", "1234.5", "EUR", "€ 1.234,50", id="Dutch"),
        pytest.param("en", "-0.4", "EUR", "-€0.40", id="less than nothing in English"),
        pytest.param("nl", "-0.4", "EUR", "-€ 0,40", id="less than nothing in Dutch"),
        pytest.param("nl", "0.125", "EUR", "€ 0,13", id="half a cent is rounded up"),
        pytest.param("nl", "12", "CHF", "CHF 12,00", id="a currency without a sign"),
    ],
)
def test_money_is_written_as_the_language_does(
    language: str, amount: str, currency: str, text: str
) -> None:
    assert wording(language).money(Decimal(amount), currency) == text


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        pytest.param(
            "en",
            ["1,234.5 kWh", "15 March 2026", "March 2026", "Sunday", "15 March 2026, 13:05"],
            id="English",
        ),
        pytest.param(
            "nl",
            ["1.234,5 kWh", "15 maart 2026", "maart 2026", "zondag", "15 maart 2026, 13:05"],
            id="Dutch",
        ),
    ],
)
def test_numbers_and_days_are_written_as_the_language_does(language: str, texts: list[str]) -> None:
    say, day = wording(language), date(2026, 3, 15)
    at = datetime(2026, 3, 15, 13, 5, tzinfo=ZoneInfo("Europe/Amsterdam"))

    written = [say.kwh(1_234_500), say.day(day), say.month(day), say.weekday(day), say.moment(at)]

    assert written == texts


@pytest.mark.parametrize(
    ("minutes", "english", "dutch"),
    [
        pytest.param(0, "0 min", "0 min", id="less than a minute"),
        pytest.param(59, "59 min", "59 min", id="less than an hour"),
        pytest.param(65, "1 h 05 min", "1 u 05 min", id="more than an hour"),
        pytest.param(1510, "25 h 10 min", "25 u 10 min", id="more than a day"),
    ],
)
def test_a_duration_is_in_hours_and_minutes(minutes: int, english: str, dutch: str) -> None:
    span = timedelta(minutes=minutes, seconds=59)

    assert (wording("en").duration(span), wording("nl").duration(span)) == (english, dutch)


def test_a_number_keeps_its_places_unless_others_are_asked_for() -> None:
    say = wording("nl")

    assert [say.number(Decimal("0.3520")), say.number(Decimal("0.3525"), 3), say.number(12)] == [
        "0,3520",
        "0,353",
        "12",
    ]


def test_a_language_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError) as error:
        wording("fr")

    assert str(error.value) == "language: one of en, nl is needed, got 'fr'"


def test_no_language_is_read_before_a_text_is_asked_for() -> None:
    code = (
        "from oppleo_flow.wording import wording\n"
        "from oppleo_flow.wording.catalogue import catalogue\n"
        "say = wording('nl')\nprint(catalogue.cache_info().currsize)\n"
        "say.number(1)\nprint(catalogue.cache_info().currsize)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.split() == ["0", "1"]
