import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from oppleo_flow.charging.reimbursement import Reimbursement, profile_codes, profile_of
from oppleo_flow.charging.statement_settings import StatementFacts
from oppleo_flow.errors import ConfigError
from oppleo_flow.wording import LANGUAGES
from tests.oppleo_flow.reports.statements import session

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.mark.parametrize("code", profile_codes())
def test_every_figure_has_a_source_and_a_date_and_covers_no_day_twice(code):
    profile = profile_of(code)
    assert profile.rules.keys() == profile.country.keys() == set(LANGUAGES)
    assert profile.source
    assert profile.dated <= datetime.now(UTC).date()
    for region in profile.regions or ("",):
        figures = sorted(
            (one for one in profile.figures if one.region == region), key=lambda one: one.since
        )
        assert all(one.since < one.until and one.source for one in figures)
        following = pairwise(figures)
        assert all(one.until <= other.since for one, other in following)


@pytest.mark.parametrize(
    ("code", "region", "day", "per_kwh"),
    [
        pytest.param("de", None, date(2026, 1, 1), Decimal("0.34"), id="Germany in 2026"),
        pytest.param("de", None, date(2026, 12, 31), Decimal("0.34"), id="its last day"),
        pytest.param("de", None, date(2025, 12, 31), None, id="Germany before"),
        pytest.param("de", None, date(2027, 1, 1), None, id="Germany after"),
        pytest.param("be", "flanders", date(2026, 3, 31), Decimal("0.3132"), id="Flanders"),
        pytest.param("be", "brussels", date(2026, 4, 1), Decimal("0.3555"), id="Brussels"),
        pytest.param("be", "wallonia", date(2026, 6, 30), Decimal("0.3637"), id="Wallonia"),
        pytest.param("be", "wallonia", date(2026, 7, 1), None, id="no figure yet"),
    ],
)
def test_a_day_has_the_published_price_of_its_period_or_none(code, region, day, per_kwh):
    by = Reimbursement.of(profile_of(code), region=region)
    assert (by.per_kwh(day), by.covers(day)) == (per_kwh, per_kwh is not None)


@pytest.mark.parametrize(
    ("code", "settings", "basis"),
    [
        pytest.param("nl", {}, "own-price", id="the Netherlands"),
        pytest.param("nl", {"agreed_per_kwh": Decimal("0.3")}, "agreed-price", id="agreed"),
        pytest.param("de", {"agreed_per_kwh": Decimal("0.3")}, "published-price", id="Germany"),
        pytest.param("de", {"basis": "own-price"}, "own-price", id="Germany by contract"),
    ],
)
def test_the_usual_basis_of_a_profile(code, settings, basis):
    assert Reimbursement.of(profile_of(code), **settings).basis == basis


def test_it_is_multiplied_and_rounded_once():
    by = Reimbursement.of(profile_of("nl"), agreed_per_kwh=Decimal("0.3333"))
    assert by.of_session(session(1), AMSTERDAM) == Decimal("4.11")  # 12.345 kWh: 4.1146
    assert by.of_session(session(1, energy_wh=None), AMSTERDAM) is None
    own = Reimbursement.of(profile_of("nl"))
    assert own.of_session(session(1), AMSTERDAM) == session(1).amount


def test_the_day_on_which_a_session_ended_counts():
    """As for its statement: a night over the end of a quarter has one price."""
    by = Reimbursement.of(profile_of("be"), region="flanders")
    night = session(1, energy_wh=10_000, started_at=datetime(2026, 3, 31, 18, 0, tzinfo=UTC))
    assert by.of_session(night, AMSTERDAM) == Decimal("3.19")
    evening = replace(night, ended_at=night.started_at + timedelta(hours=1))
    assert by.of_session(evening, AMSTERDAM) == Decimal("3.13")


@pytest.mark.parametrize(
    ("code", "settings", "message"),
    [
        pytest.param(
            "be",
            {},
            "profile 'be': region: one of flanders, brussels, wallonia is needed, got None",
            id="no region",
        ),
        pytest.param(
            "nl",
            {"region": "utrecht"},
            "profile 'nl': has no regions, got 'utrecht'; leave region out",
            id="a region too many",
        ),
        pytest.param(
            "nl",
            {"basis": "agreed-price"},
            "profile 'nl': an agreed price is needed; set agreed_per_kwh",
            id="no agreed price",
        ),
        pytest.param(
            "nl",
            {"basis": "published-price"},
            "profile 'nl': basis: one of own-price, agreed-price is needed, got 'published-price'",
            id="a basis that it has not",
        ),
    ],
)
def test_what_does_not_fit_a_profile_is_refused(code, settings, message):
    with pytest.raises(ConfigError) as error:
        Reimbursement.of(profile_of(code), **settings)
    assert str(error.value) == message


def test_an_unknown_profile_is_refused():
    with pytest.raises(ConfigError) as error:
        profile_of("fr")
    assert str(error.value) == "profile: one of be, de, nl is needed, got 'fr'"


JULY = {
    "since": "2026-07-01",
    "until": "2026-10-01",
    "per_kwh": "0.3250",
    "source": "CREG, third quarter of 2026",
}
FLANDERS = {"profile": "be", "region": "flanders"}


def test_a_site_gives_the_figure_of_a_quarter_that_the_profile_does_not_know_yet():
    by = StatementFacts.model_validate(FLANDERS | {"figures": [JULY]}).reimbursement()
    prices = [by.per_kwh(date(2026, month, 1)) for month in (4, 7, 9, 10)]
    assert prices == [Decimal("0.3191"), Decimal("0.3250"), Decimal("0.3250"), None]
    assert by.known_until(date(2026, 12, 1)) == date(2026, 10, 1)


def test_what_the_site_says_counts_more_than_the_profile():
    april = JULY | {"since": "2026-04-01", "until": "2026-07-01"}
    by = StatementFacts.model_validate(FLANDERS | {"figures": [april]}).reimbursement()
    assert by.per_kwh(date(2026, 5, 1)) == Decimal("0.3250")


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (
            FLANDERS | {"figures": [JULY | {"until": "2026-07-01"}]},
            "until: a day after 2026-07-01 is needed, got 2026-07-01",
        ),
        (FLANDERS | {"figures": [JULY, JULY]}, "figures: two of them cover 2026-07-01"),
        (
            {"profile": "nl", "figures": [JULY]},
            "profile 'nl': figures: are for basis published-price, got 'own-price'",
        ),
    ],
    ids=["without a day", "twice the same days", "where nobody reimburses by such"],
)
def test_figures_that_do_not_fit_are_refused(said, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        StatementFacts.model_validate(said)
