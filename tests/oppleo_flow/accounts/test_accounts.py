import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from oppleo_flow.accounts.accounts import Ended
from oppleo_flow.accounts.failures import UnknownRole
from oppleo_flow.accounts.first_run import HOLDS_S, FirstRun
from oppleo_flow.accounts.rights import Right, Role
from oppleo_flow.accounts.tries import TooManyTries
from oppleo_flow.clock import VirtualClock
from oppleo_flow.errors import ConfigError, Refused
from tests.oppleo_flow.accounts.site import HERE, NEAR, PASSWORD, account_site

HOUR_S = 3600
DAY_S = 24 * HOUR_S


@pytest.fixture
def site(tmp_path):
    with account_site(tmp_path) as made:
        yield made


@pytest.fixture
def anna(site):
    """Return a site that Anna administers."""
    site.has("anna")
    return site


def test_a_session_of_two_idle_hours_is_over(anna):
    shown = anna.sign_in()
    anna.clock.advance(HOUR_S)
    assert anna.signed_in(shown) == "anna"
    anna.clock.advance(2 * HOUR_S)
    assert anna.signed_in(shown) is None


def test_a_session_is_over_after_a_day_however_busy(anna):
    shown = anna.sign_in()
    for _ in range(23):
        anna.clock.advance(HOUR_S)
        assert anna.signed_in(shown) == "anna"
    anna.clock.advance(HOUR_S)
    assert anna.signed_in(shown) is None


def test_a_session_that_is_remembered_lasts_for_weeks_but_not_for_ever(anna):
    shown = anna.sign_in(remember=True)
    for _ in range(6):
        anna.clock.advance(13 * DAY_S)
        assert anna.signed_in(shown) == "anna"
    anna.clock.advance(13 * DAY_S)
    assert anna.signed_in(shown) is None


def test_a_session_that_is_remembered_is_over_when_nobody_comes_for_two_weeks(anna):
    shown = anna.sign_in(remember=True)
    anna.clock.advance(14 * DAY_S)
    assert anna.signed_in(shown) is None


def test_each_sign_in_has_a_session_that_nobody_can_guess(anna):
    shown = {anna.sign_in() for _ in range(5)}
    assert len(shown) == 5
    assert min(map(len, shown)) > 43


def test_the_ledger_does_not_tell_what_a_browser_shows(anna, tmp_path):
    shown = anna.sign_in()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert shown.encode() not in kept
    assert shown.removeprefix("session_").encode() not in kept


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda site: site.accounts.end_sessions("anna"), id="signed out everywhere"),
        pytest.param(
            lambda site: site.accounts.set_password("anna", "other horse", end_tokens=False),
            id="password",
        ),
        pytest.param(lambda site: site.accounts.remove_second_factor("anna"), id="second factor"),
        pytest.param(
            lambda site: site.accounts.set_terms("anna", Role.VIEWER, None), id="another role"
        ),
        pytest.param(lambda site: site.accounts.remove("anna"), id="removed"),
    ],
)
def test_sessions_end_at_once_with_what_they_stood_for(anna, change):
    anna.has("chief")
    shown = anna.sign_in()
    assert anna.signed_in(shown) == "anna"
    change(anna)
    assert anna.signed_in(shown) is None


def test_what_another_process_ends_is_over_in_two_seconds(anna):
    shown = anna.sign_in()
    assert anna.signed_in(shown) == "anna"
    anna.ledger.sign_ins.end_sessions("anna")
    anna.clock.advance(2)
    assert anna.signed_in(shown) is None


def test_one_session_is_ended_by_what_it_is_called(anna):
    phone, desk = anna.sign_in(), anna.sign_in(origin=HERE)
    (reference,) = (
        one.reference for one in anna.accounts.sessions("anna") if one.address == "192.168.1.2"
    )
    assert anna.accounts.end_session("eve", reference) == 0
    assert anna.accounts.end_session("anna", reference) == 1
    assert (anna.signed_in(phone), anna.signed_in(desk)) == (None, "anna")


def test_an_api_token_may_what_it_was_made_for_and_never_more_than_its_owner(anna):
    anna.has("chief")
    shown, _ = anna.accounts.add_token("anna", "meter", [Right.LOOK, Right.CHARGE], None)
    assert anna.accounts.browsers.program(shown).rights == {Right.ANYONE, Right.LOOK, Right.CHARGE}
    everything = [right.value for right in Right]  # as an older version may have left it
    anna.ledger.users.set_terms("anna", role="viewer", driver=None, may=everything)
    anna.clock.advance(2)
    assert anna.accounts.browsers.program(shown).rights == {Right.ANYONE, Right.LOOK}
    anna.accounts.remove("anna")
    assert anna.accounts.browsers.program(shown) is None


def test_a_role_that_sinks_ends_the_api_tokens_that_were_made_for_more(anna):
    anna.has("chief")
    looks, _ = anna.accounts.add_token("anna", "screen", [Right.LOOK], None)
    charges, _ = anna.accounts.add_token("anna", "button", [Right.LOOK, Right.CHARGE], None)
    anna.accounts.set_terms("anna", Role.VIEWER, None)
    assert [one.name for one in anna.accounts.tokens("anna")] == ["screen"]
    assert anna.noted[-1] == ("anna", "API tokens", "1 ended, as viewer")
    anna.accounts.set_terms("anna", Role.ADMIN, None)  # which wakes nothing up
    assert anna.accounts.browsers.program(charges) is None
    assert anna.accounts.browsers.program(looks).rights == {Right.ANYONE, Right.LOOK}


@pytest.mark.parametrize("end_tokens", [True, False])
def test_with_another_password_api_tokens_hold_unless_they_are_to_end(anna, end_tokens):
    shown, _ = anna.accounts.add_token("anna", "meter", [Right.LOOK], None)
    anna.sign_in()
    ended = anna.accounts.set_password("anna", "other horse", end_tokens=end_tokens)
    assert ended == Ended(sessions=1, tokens=int(end_tokens))
    assert (anna.accounts.browsers.program(shown) is None) is end_tokens


def test_an_api_token_ends_when_it_says_or_when_it_is_removed(anna):
    until = anna.clock.now() + timedelta(days=30)
    month, _ = anna.accounts.add_token("anna", "a month", [Right.LOOK], until)
    ever, kept = anna.accounts.add_token("anna", "for ever", [Right.LOOK], None)
    assert anna.accounts.browsers.program(month) is not None
    anna.clock.advance(30 * DAY_S)
    assert anna.accounts.browsers.program(month) is None
    assert anna.accounts.browsers.program(ever) is not None
    assert anna.accounts.remove_token("anna", kept.reference) == 1
    assert anna.accounts.browsers.program(ever) is None


def test_when_an_api_token_was_used_is_known(anna):
    shown, _ = anna.accounts.add_token("anna", "meter", [Right.LOOK], None)
    anna.accounts.browsers.program(shown)
    assert [one.used_at for one in anna.accounts.tokens("anna")] == [anna.clock.now()]


def test_a_session_is_no_api_token_and_the_other_way_round(anna):
    session = anna.sign_in()
    token, _ = anna.accounts.add_token("anna", "meter", [Right.LOOK], None)
    assert anna.accounts.browsers.program(session) is None
    assert anna.signed_in(token) is None


def test_somebody_is_always_left_who_may_administer(anna):
    anna.has("jan", Role.EDITOR)
    for change in (
        lambda: anna.accounts.remove("anna"),
        lambda: anna.accounts.set_terms("anna", Role.EDITOR, None),
    ):
        with pytest.raises(Refused) as error:
            change()
        assert str(error.value) == ("user 'anna': is the last admin; make somebody else one first")
    anna.accounts.set_terms("jan", Role.ADMIN, None)
    anna.accounts.remove("anna")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda accounts, name: accounts.remove(name), id="remove"),
        pytest.param(
            lambda accounts, name: accounts.set_terms(name, Role.VIEWER, None), id="demote"
        ),
    ],
)
def test_of_two_admins_who_take_each_others_place_away_at_once_one_stays(anna, tmp_path, change):
    anna.has("bert")
    both = threading.Barrier(2)

    def take_away(name, site):
        both.wait()
        try:
            change(site.accounts, name)
        except Refused as error:
            return str(error)
        return "done"

    with account_site(tmp_path) as other, ThreadPoolExecutor(2) as pool:
        done = list(pool.map(take_away, ("anna", "bert"), (anna, other)))
    left = [user.name for user in anna.accounts.users() if user.role == Role.ADMIN]
    assert len(left) == 1
    assert sorted(done) == [
        "done",
        f"user {left[0]!r}: is the last admin; make somebody else one first",
    ]


def test_of_a_role_of_another_version_nothing_is_guessed(anna):
    anna.has("bert")
    shown = anna.sign_in()
    program, _ = anna.accounts.add_token("anna", "meter", [Right.LOOK], None)
    anna.ledger.users.set_terms("anna", role="auditor", driver=None, may=["look"])
    anna.clock.advance(2)
    for ask in (
        lambda: anna.signed_in(shown),
        lambda: anna.accounts.browsers.program(program),
        anna.sign_in,
    ):
        with pytest.raises(UnknownRole) as error:
            ask()
        assert str(error.value) == (
            "user 'anna': has the role 'auditor', which this version does not know; give it "
            "another with `oppleo-flow users role NAME ROLE`, or update oppleo-flow"
        )
    anna.accounts.set_terms("anna", Role.VIEWER, None)
    assert anna.signed_in(anna.sign_in()) == "anna"


@pytest.mark.parametrize(
    ("name", "password", "why"),
    [
        pytest.param(
            "jan", "short", "password: 8 to 1024 characters are needed, got 5", id="too short"
        ),
        pytest.param(
            "jansen", "Jansen01", "password: is too much like the name; choose another", id="name"
        ),
        pytest.param(
            " jan",
            PASSWORD,
            "user: a name of 1 to 100 letters, digits and signs but / is needed, got ' jan'",
            id="a space that nobody sees",
        ),
        pytest.param(
            "a/b",
            PASSWORD,
            "user: a name of 1 to 100 letters, digits and signs but / is needed, got 'a/b'",
            id="a part of an address",
        ),
    ],
)
def test_a_name_and_a_password_are_what_can_be_one(site, name, password, why):
    with pytest.raises(ConfigError) as error:
        site.has(name, password=password)
    assert str(error.value) == why


def test_there_is_no_account_until_somebody_makes_one(site):
    assert not site.accounts.exist
    shown = site.accounts.add_first("anna", PASSWORD, HERE)
    assert site.accounts.exist
    assert site.accounts.user("anna").role == Role.ADMIN
    assert site.signed_in(shown, HERE) == "anna"
    with pytest.raises(Refused):
        site.accounts.add_first("eve", PASSWORD, HERE)


def test_an_account_that_another_process_made_is_seen_in_a_second(site, tmp_path):
    assert not site.accounts.exist
    with account_site(tmp_path) as other:
        other.has("anna")
    site.clock.advance(1)
    assert site.accounts.exist


def test_that_the_last_account_is_removed_opens_nothing(anna):
    assert anna.accounts.exist
    anna.ledger.users.remove("anna")
    anna.clock.advance(10)
    assert anna.accounts.exist


def test_the_token_on_the_console_holds_once(site):
    first_run = FirstRun(site.clock)
    assert not first_run.take("wrong")
    assert first_run.take(first_run.token.upper().replace("-", " "))
    assert not first_run.holds
    assert not first_run.take(first_run.token)


def test_the_token_on_the_console_holds_for_an_hour(site):
    first_run = FirstRun(site.clock)
    site.clock.advance(HOLDS_S)
    assert not first_run.take(first_run.token)


def test_the_token_on_the_console_cannot_be_guessed(site):
    first_run = FirstRun(site.clock)
    for _ in range(5):
        assert not first_run.take("guess")
    with pytest.raises(TooManyTries):
        first_run.take(first_run.token)
    assert FirstRun(VirtualClock(site.clock.now())).token != first_run.token


def test_the_key_of_a_site_can_be_read_by_its_owner_alone(anna, tmp_path):
    anna.accounts.propose_second_factor("anna")
    assert stat.S_IMODE((tmp_path / "account.key").stat().st_mode) == 0o600


def test_a_second_factor_must_be_proved_and_is_set_up_once(anna):
    with pytest.raises(Refused) as error:
        anna.accounts.confirm_second_factor("anna", "000000", but="")
    assert str(error.value) == "no second factor was proposed; begin anew"
    proposed = anna.accounts.propose_second_factor("anna")
    assert proposed.uri.startswith("otpauth://totp/Garage:anna?secret=")
    assert anna.signed_in(anna.sign_in(origin=NEAR)) == "anna"
