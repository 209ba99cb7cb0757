from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from oppleo_flow.charging.tokens import Account, Token, Vehicle
from oppleo_flow.errors import Refused
from oppleo_flow.payloads import Limits, SessionOdometer, SessionStarted
from oppleo_flow.store.user_rows import User
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


IONIQ = Vehicle("ioniq", "X-1", "Hyundai", "Ioniq 5", "KMHC851JFLU049623")


def test_a_vehicle_keeps_what_is_known_of_it(ledger):
    ledger.accounts.add("vehicle", "ioniq", vehicle=IONIQ)
    assert ledger.accounts.vehicles() == [IONIQ]
    ledger.accounts.change(replace(IONIQ, plate=None, model="Ioniq 6"))
    assert ledger.accounts.vehicles() == [replace(IONIQ, plate=None, model="Ioniq 6")]
    with pytest.raises(Refused, match="vehicle 'zoe': is not known"):
        ledger.accounts.change(Vehicle("zoe"))


def test_a_number_that_no_vehicle_has_is_refused():
    with pytest.raises(ValueError, match="17 digits and capitals without I, O and Q are needed"):
        Vehicle("ioniq", vin="KMHC851JFLU04962")


def test_a_card_goes_along_with_a_new_name_and_a_past_session_keeps_the_old(ledger):
    ledger.accounts.add("driver", "Anna")
    ledger.tokens.add(replace(TOKEN, driver="Anna"), NOON)
    attribution = SessionStarted.sample().attribution
    started = SessionStarted.sample(attribution=replace(attribution, driver="Anna"))
    ledger.sessions.record(started)
    ledger.users.add(User("anna", None, driver="Anna"), NOON)
    ledger.accounts.rename("driver", "Anna", "Anne")
    ledger.accounts.rename("driver", "Anne", "Ann")
    assert [user.driver for user in ledger.users.all()] == ["Ann"]
    assert ledger.tokens.all()[0].driver == "Ann"
    assert ledger.sessions.open().attribution.driver == "Anna"
    assert ledger.accounts.all("driver") == [
        Account("driver", "Ann", former=("Anna", "Anne"), tokens=1, sessions=1)
    ]
    assert ledger.accounts.called("driver", "Ann") == {"Ann", "Anna", "Anne"}


@pytest.mark.parametrize(
    ("name", "to", "message"),
    [
        pytest.param("Zoe", "Anna", "driver 'Zoe': is not known", id="nobody of this name"),
        pytest.param("Ann", "Ben", "driver 'Ben': is known already", id="a name that is taken"),
        pytest.param("Ann", " ", "driver: a name is needed, got ' '", id="no name"),
        pytest.param(
            "Ben", "Anna", "driver 'Anna': was the name of 'Ann'; choose another", id="a former one"
        ),
    ],
)
def test_a_name_is_one_persons_for_good(ledger, name, to, message):
    ledger.accounts.add("driver", "Anna")
    ledger.accounts.add("driver", "Ben")
    ledger.accounts.rename("driver", "Anna", "Ann")
    with pytest.raises(Refused) as error:
        ledger.accounts.rename("driver", name, to)
    assert str(error.value) == message


def test_somebody_is_called_as_before_again(ledger):
    ledger.accounts.add("driver", "Anna")
    ledger.accounts.rename("driver", "Anna", "Ann")
    ledger.accounts.rename("driver", "Ann", "Anna")
    assert ledger.accounts.all("driver") == [Account("driver", "Anna", former=("Ann",))]
    with pytest.raises(Refused, match="driver 'Ann': was the name of 'Anna'"):
        ledger.accounts.add("driver", "Ann")
    ledger.accounts.remove("driver", "Anna")
    ledger.accounts.add("driver", "Ann")


def test_what_is_retired_is_for_no_card_that_may_charge(ledger):
    ledger.accounts.add("vehicle", "ioniq")
    ledger.tokens.add(replace(TOKEN, vehicle="ioniq"), NOON)
    with pytest.raises(Refused, match="the card 'family' is for it; change that first"):
        ledger.accounts.retire("vehicle", "ioniq", NOON)
    ledger.tokens.change(replace(TOKEN, vehicle="ioniq").retired(NOON))
    ledger.accounts.retire("vehicle", "ioniq", NOON)
    assert ledger.accounts.vehicles() == [Vehicle("ioniq", retired_at=NOON)]
    with pytest.raises(Refused, match="vehicle 'ioniq': is retired; restore it first"):
        ledger.tokens.change(replace(TOKEN, vehicle="ioniq"))
    ledger.accounts.retire("vehicle", "ioniq", None)
    ledger.tokens.change(replace(TOKEN, vehicle="ioniq"))
    with pytest.raises(Refused, match="vehicle 'zoe': is not known"):
        ledger.accounts.retire("vehicle", "zoe", NOON)


def test_the_last_odometer_of_a_vehicle_is_known_under_any_name_it_had(ledger):
    ledger.accounts.add("vehicle", "van")
    for number, km in enumerate((41_200, 41_350)):
        at = NOON + timedelta(hours=number)
        odometer = SessionOdometer(UUID(int=number + 1), "van", km, at)
        ledger.sessions.record(odometer)
    ledger.accounts.rename("vehicle", "van", "bus")
    (bus,) = ledger.accounts.all("vehicle")
    assert (bus.name, bus.odometer_km, bus.odometer_at) == ("bus", 41_350, at)
    assert bus.vehicle == Vehicle("bus")
