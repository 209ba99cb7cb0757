"""Moments and days in queries and bodies, which pydantic alone would read from far more."""

from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from webui.reading import DateAsked, MomentAsked, Nothing

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
NO_MOMENT = "Value error, a moment with its zone is needed, as 2026-01-31T00:00:00Z"
NO_YEAR = "Value error, a year from 1970 to 2199 is needed"


class When(Nothing):
    """When something was."""

    at: MomentAsked | None = None
    day: DateAsked | None = None


@pytest.mark.parametrize(
    "said",
    [
        '{"at": "2026-01-15T12:00:00Z"}',
        '{"at": "2026-01-15T13:00:00+01:00"}',
        '{"at": "2026-01-15T13:00:00 01:00"}',
    ],
)
def test_a_moment_is_read_with_its_zone(said):
    assert When.model_validate_json(said).at == NOON


def test_a_day_is_read():
    assert When.model_validate_json('{"day": "2026-01-15"}').day == date(2026, 1, 15)


@pytest.mark.parametrize(
    ("said", "what"),
    [
        pytest.param('{"at": 1768478400}', NO_MOMENT, id="seconds since 1970"),
        pytest.param('{"at": "1768478400"}', NO_MOMENT, id="the same as text"),
        pytest.param('{"at": "2026-01-15"}', NO_MOMENT, id="a day where a moment is needed"),
        pytest.param('{"at": "2026-01-15T12:00:00"}', "Input should have timezone info", id="bare"),
        pytest.param('{"at": "0001-01-01T00:00:00+05:00"}', NO_YEAR, id="before the first year"),
        pytest.param('{"at": "9999-12-31T23:59:59-05:00"}', NO_YEAR, id="after the last one"),
        pytest.param('{"day": 0}', "Value error, a day is needed, as 2026-01-31", id="a number"),
        pytest.param('{"day": "0"}', "Value error, a day is needed, as 2026-01-31", id="as text"),
        pytest.param('{"day": "9999-12-31"}', NO_YEAR, id="a day of the last year"),
    ],
)
def test_what_is_no_moment_and_no_day_is_refused(said, what):
    with pytest.raises(ValidationError) as refused:
        When.model_validate_json(said)
    assert [error["msg"] for error in refused.value.errors()] == [what]
