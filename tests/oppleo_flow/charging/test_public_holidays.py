import sys
from datetime import date

import pytest
from pydantic import ValidationError

from oppleo_flow.charging.public_holidays import PublicHolidays


def some(country: str, *names: str, **more: str) -> PublicHolidays:
    return PublicHolidays.model_validate({"country": country, "names": names, **more})


def test_only_the_named_holidays_of_a_country_count():
    """E14: Good Friday is a holiday in Spain, and not an off-peak day."""
    days = some("DE", "Fronleichnam", "Neujahr", subdivision="NW").rule()
    assert days(2026) == {date(2026, 1, 1): "Neujahr", date(2026, 6, 4): "Fronleichnam"}


def test_a_holiday_is_there_in_any_year_ahead():
    days = some("DE", "Karfreitag").rule()
    assert [len(days(year)) for year in range(2026, 2046)] == [1] * 20


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param(
            {"country": "DE", "names": ["Karfreitg"]},
            "DE has no holiday 'Karfreitg'; did you mean 'Karfreitag'?",
            id="a name that is misspelt",
        ),
        pytest.param(
            {"country": "QQ", "names": ["x"]},
            "the package holidays does not know 'QQ'",
            id="a country that is none",
        ),
        pytest.param(
            {"country": "NL", "subdivision": "NB", "names": ["Goede Vrijdag"]},
            "NL has no part 'NB'; known: Midden, Noord, Zuid",
            id="a part that the country does not have",
        ),
    ],
)
def test_what_the_package_does_not_know_is_refused(settings, message):
    with pytest.raises(ValidationError) as error:
        PublicHolidays.model_validate(settings)
    assert [found["msg"] for found in error.value.errors()] == [f"Value error, {message}"]


def test_without_the_package_the_remedy_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(ValidationError) as error:
        some("DE", "Karfreitag")
    assert [found["msg"] for found in error.value.errors()] == [
        "Value error, the package holidays is not installed; "
        "`pip install 'oppleo-flow[holidays]'`, "
        "or write the days as rules such as easter-2 or 10-03"
    ]
