from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from nodes.charging.authorise import Authorise
from oppleo_flow.charging.tokens import Enrolment, Token
from oppleo_flow.flowfile.graph import OnError
from oppleo_flow.payloads import (
    Attribution,
    Authorised,
    CardEnrolled,
    CardSeen,
    Limits,
    Rejected,
    SessionEnded,
    SessionStarted,
)
from oppleo_flow.testing import Run, run_node
from oppleo_flow.testing.bench import NOON
from tests.nodes.store_site import CONNECTIONS, ledger_in, rename_table, site_in

CARD = CardSeen.sample()
TOKEN = Token(UUID(int=1), CARD.uid, CARD.legacy_id, "family", enabled=True)


@pytest.fixture
def ledger(tmp_path):
    with ledger_in(tmp_path) as opened:
        yield opened


@pytest.fixture
def swipe(tmp_path):
    def swiped(*cards: CardSeen) -> Run:
        return run_node(
            Authorise,
            {"store": "store"},
            *cards,
            connections=CONNECTIONS,
            site=site_in(tmp_path),
        )

    return swiped


def test_a_known_and_enabled_card_is_accepted(ledger, swipe):
    ledger.tokens.add(TOKEN, NOON)
    run = swipe(CARD)
    assert run.outputs == {
        "accepted": [Authorised(UUID(int=1), CARD.uid, "family")],
        "rejected": [],
        "enrolled": [],
    }
    assert run.status == "'family' accepted"


@pytest.mark.parametrize(
    ("config", "port"),
    [
        pytest.param({}, "rejected", id="at the site it is the 16th already"),
        pytest.param({"timezone": "Europe/Amsterdam"}, "accepted", id="the flow's own zone"),
    ],
)
def test_the_days_are_those_of_the_sites_zone(ledger, tmp_path, config, port):
    ledger.tokens.add(replace(TOKEN, valid_until=date(2026, 1, 15)), NOON)
    site = replace(site_in(tmp_path), timezone="Pacific/Kiritimati")  # NOON is 2:00 on the 16th
    run = run_node(
        Authorise, {"store": "store", **config}, CARD, connections=CONNECTIONS, site=site
    )
    assert [name for name, sent in run.outputs.items() if sent] == [port]


def test_a_card_of_which_only_oppleos_number_is_known_is_accepted(ledger, swipe):
    ledger.tokens.add(replace(TOKEN, uid=None), NOON)
    assert swipe(CARD).outputs["accepted"] == [Authorised(UUID(int=1), CARD.uid, "family")]


def test_the_number_of_a_longer_uid_is_good_for_the_card_that_comes_first(ledger, swipe):
    number = "584190412223"
    ledger.tokens.add(replace(TOKEN, uid=None, legacy_id=number), NOON)
    first, other = CardSeen("04764589AB1190", number), CardSeen("04764511223344", number)

    assert len(swipe(first).outputs["accepted"]) == 1
    assert swipe(other).outputs["rejected"] == [Rejected(other.uid, "unknown")]
    assert len(swipe(first).outputs["accepted"]) == 1


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        pytest.param(None, "unknown", id="the ledger does not know it"),
        pytest.param(replace(TOKEN, enabled=False), "disabled", id="it is not enabled"),
        pytest.param(
            replace(TOKEN, valid_from=date(2026, 1, 16)), "not-yet-valid", id="from tomorrow"
        ),
        pytest.param(
            replace(TOKEN, valid_until=date(2026, 1, 14)), "expired", id="until yesterday"
        ),
    ],
)
def test_any_other_card_is_refused_and_kept(ledger, swipe, token, reason):
    if token is not None:
        ledger.tokens.add(token, NOON)
    run = swipe(CARD)
    assert run.outputs == {"accepted": [], "rejected": [Rejected(CARD.uid, reason)], "enrolled": []}
    (kept,) = ledger.tokens.all()
    assert (kept.uid, kept.enabled) == (CARD.uid, reason not in ("unknown", "disabled"))
    assert ledger.tokens.refused_at() == {kept.token_id: NOON}


def test_a_card_is_valid_on_its_last_day(ledger, swipe):
    ledger.tokens.add(replace(TOKEN, valid_until=date(2026, 1, 15)), NOON)
    assert len(swipe(CARD).outputs["accepted"]) == 1


def test_the_card_of_the_session_may_end_it_though_it_was_disabled(ledger, swipe):
    ledger.tokens.add(replace(TOKEN, enabled=False), NOON)
    ledger.sessions.record(SessionStarted.sample(token_id=TOKEN.token_id))
    run = swipe(CARD)
    assert run.outputs == {
        "accepted": [Authorised(TOKEN.token_id, CARD.uid, "family", only_ends="disabled")],
        "rejected": [],
        "enrolled": [],
    }
    assert ledger.tokens.refused_at() == {}


def test_the_card_of_the_session_may_end_it_though_somebody_deleted_it_meanwhile(ledger, swipe):
    """The command refuses that; somebody may have used SQL."""
    ledger.sessions.record(SessionStarted.sample(token_id=TOKEN.token_id))
    assert ledger.tokens.all() == []
    assert swipe(CARD).outputs["accepted"] == [
        Authorised(TOKEN.token_id, CARD.uid, "family", only_ends="unknown")
    ]


def test_the_card_of_a_session_that_has_ended_is_a_card_like_any_other(ledger, swipe):
    ledger.tokens.add(replace(TOKEN, enabled=False), NOON)
    ledger.sessions.record(SessionStarted.sample(token_id=TOKEN.token_id))
    ledger.sessions.record(SessionEnded.sample(token_id=TOKEN.token_id))
    assert swipe(CARD).outputs["rejected"] == [Rejected(CARD.uid, "disabled")]


def test_an_unknown_card_is_refused_while_another_ones_session_is_under_way(ledger, swipe):
    ledger.sessions.record(SessionStarted.sample(uid="04D4E5F6"))
    assert swipe(CARD).outputs["rejected"] == [Rejected(CARD.uid, "unknown")]


def test_an_unknown_card_that_is_swiped_again_is_disabled_until_somebody_enables_it(ledger, swipe):
    run = swipe(CARD, CARD)
    assert [one.reason for one in run.outputs["rejected"]] == ["unknown", "disabled"]
    (token,) = ledger.tokens.all()
    ledger.tokens.change(replace(token, enabled=True, label="guest"))
    assert swipe(CARD).outputs["accepted"] == [Authorised(token.token_id, CARD.uid, "guest")]


def test_no_card_is_accepted_when_the_ledger_cannot_be_read(tmp_path, swipe):
    (tmp_path / "ledger.sqlite").mkdir()
    run = swipe(CARD)
    assert run.outputs == {"accepted": [], "rejected": [], "enrolled": []}
    assert list(run.faults.values()) == [
        f"{tmp_path}/ledger.sqlite: is a folder, not a file; name the ledger's file"
    ]


def test_a_ledger_that_breaks_meanwhile_refuses_by_failing(ledger, swipe, tmp_path):
    ledger.tokens.add(TOKEN, NOON)
    rename_table(tmp_path, "tokens", "elsewhere")
    run = swipe(CARD)
    assert run.outputs == {"accepted": [], "rejected": [], "enrolled": []}
    assert [failure.message for failure in run.failures] == [
        f"{tmp_path}/ledger.sqlite: no such table: tokens"
    ]


def test_a_ledger_that_does_not_answer_refuses_the_card_where_the_flow_says_so(ledger, tmp_path):
    ledger.tokens.add(TOKEN, NOON)
    rename_table(tmp_path, "tokens", "elsewhere")
    run = run_node(
        Authorise,
        {"store": "store"},
        CARD,
        connections=CONNECTIONS,
        site=site_in(tmp_path),
        on_error=OnError(then="rejected"),
    )
    assert run.outputs["rejected"] == [Rejected(CARD.uid, "no-answer")]
    assert run.outputs["accepted"] == []
    assert len(run.failures) == 1


def test_what_a_session_is_for_comes_from_the_token_and_not_from_the_card(ledger, swipe):
    """Oppleo R1: a token without a make of car killed the thread that reads cards."""
    for kind, name in (("driver", "Anna"), ("cost-centre", "acme")):
        ledger.accounts.add(kind, name)
    ledger.accounts.add("vehicle", "ioniq", plate="X-123-Y")
    limits = Limits(energy_wh=20_000, duration_s=3600)
    whole = replace(TOKEN, driver="Anna", vehicle="ioniq", cost_centre="acme", limits=limits)
    ledger.tokens.add(whole, NOON)
    (accepted,) = swipe(CARD).outputs["accepted"]
    assert accepted.attribution == Attribution("Anna", "ioniq", "X-123-Y", "acme")
    assert accepted.limits == limits


def test_a_token_of_whose_vehicle_little_is_known_is_accepted(ledger, swipe):
    """Oppleo R1: what is missing about a vehicle stops no session."""
    ledger.accounts.add("vehicle", "ioniq")
    ledger.tokens.add(replace(TOKEN, vehicle="ioniq"), NOON)
    (accepted,) = swipe(CARD).outputs["accepted"]
    assert accepted.attribution == Attribution(vehicle="ioniq")


ARMED = Enrolment("guest", NOON - timedelta(minutes=1), NOON + timedelta(minutes=1))


@pytest.mark.parametrize(
    "known", [None, replace(TOKEN, enabled=False)], ids=["unknown", "disabled"]
)
def test_a_card_is_enrolled_by_one_swipe_and_charges_with_the_next(ledger, swipe, known):
    if known is not None:
        ledger.tokens.add(known, NOON)
    ledger.enrolments.arm(ARMED)
    run = swipe(CARD, CARD, CardSeen("DEADBEEF", "956397711138"))
    assert run.outputs["enrolled"] == [CardEnrolled(CARD.uid, "guest")]
    assert [one.label for one in run.outputs["accepted"]] == ["guest"]
    assert run.outputs["rejected"] == [Rejected("DEADBEEF", "unknown")]


@pytest.mark.parametrize(
    ("armed", "card"),
    [
        pytest.param(replace(ARMED, expires_at=NOON), CARD, id="it has expired"),
        pytest.param(ARMED, replace(CARD, trigger="web"), id="a token presented on the page"),
    ],
)
def test_what_is_not_a_card_in_time_is_not_enrolled(ledger, swipe, armed, card):
    ledger.enrolments.arm(armed)
    run = swipe(card)
    assert (run.outputs["enrolled"], len(run.outputs["rejected"])) == ([], 1)


def test_a_card_that_may_charge_does_not_use_the_enrolment_up(ledger, swipe):
    ledger.tokens.add(TOKEN, NOON)
    ledger.enrolments.arm(ARMED)
    assert len(swipe(CARD).outputs["accepted"]) == 1
    assert ledger.enrolments.armed(NOON) == ARMED


def test_the_card_of_the_session_ends_it_also_while_the_enrolment_is_armed(ledger, swipe):
    ledger.tokens.add(replace(TOKEN, enabled=False), NOON)
    ledger.sessions.record(SessionStarted.sample(token_id=TOKEN.token_id))
    ledger.enrolments.arm(ARMED)
    assert [one.only_ends for one in swipe(CARD).outputs["accepted"]] == ["disabled"]
    assert ledger.enrolments.armed(NOON) == ARMED
