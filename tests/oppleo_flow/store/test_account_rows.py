from dataclasses import replace
from uuid import UUID

import pytest

from oppleo_flow.charging.tokens import Token, Vehicle
from oppleo_flow.errors import Refused
from oppleo_flow.payloads import Limits, SessionStarted
from tests.oppleo_flow.store.test_session_rows import NOON

TOKEN = Token(UUID(int=1), "04A1B2C3", "19892716500", "family", enabled=True)


def test_accounts_are_known_by_name(ledger):
    ledger.accounts.add("driver", "Anna")
    ledger.accounts.add("vehicle", "zoe")
    ledger.accounts.add("vehicle", "ioniq", plate="X-1")
    assert ledger.accounts.names("driver") == ["Anna"]
    assert ledger.accounts.vehicles() == [Vehicle("ioniq", "X-1"), Vehicle("zoe", None)]
    assert ledger.accounts.names("cost-centre") == []


def test_a_token_keeps_what_its_sessions_are_for_and_may_take(ledger):
    ledger.accounts.add("cost-centre", "acme")
    whole = replace(TOKEN, cost_centre="acme", limits=Limits(20_000, 3600))
    ledger.tokens.add(whole, NOON)
    assert ledger.tokens.all() == [whole]


@pytest.mark.parametrize(
    ("field", "kind"),
    [("driver", "driver"), ("vehicle", "vehicle"), ("cost_centre", "cost-centre")],
)
def test_a_token_is_for_nobody_that_is_not_known(ledger, field, kind):
    with pytest.raises(Refused) as error:
        ledger.tokens.add(replace(TOKEN, **{field: "x"}), NOON)
    assert str(error.value) == (
        f"{kind} 'x': is not known; add it with `oppleo-flow accounts add {kind}`"
    )
    assert ledger.tokens.all() == []
    ledger.tokens.add(TOKEN, NOON)
    with pytest.raises(Refused):
        ledger.tokens.change(replace(TOKEN, **{field: "x"}))


def test_what_a_token_is_for_is_not_forgotten(ledger):
    ledger.accounts.add("vehicle", "ioniq")
    ledger.tokens.add(replace(TOKEN, vehicle="ioniq"), NOON)
    with pytest.raises(Refused) as error:
        ledger.accounts.remove("vehicle", "ioniq")
    assert str(error.value) == ("vehicle 'ioniq': the card 'family' is for it; change that first")
    ledger.tokens.change(TOKEN)
    ledger.accounts.remove("vehicle", "ioniq")
    assert ledger.accounts.names("vehicle") == []


def test_a_past_session_keeps_the_name_of_what_is_known_no_more(ledger):
    ledger.accounts.add("driver", "Anna")
    attribution = SessionStarted.sample().attribution
    started = SessionStarted.sample(attribution=replace(attribution, driver="Anna"))
    ledger.sessions.record(started)
    ledger.accounts.remove("driver", "Anna")
    assert ledger.sessions.open().attribution.driver == "Anna"
