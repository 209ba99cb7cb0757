import pytest

from nodes.storage.site_store import SiteStore, SiteStoreConfig
from oppleo_flow.clock import SystemClock
from oppleo_flow.errors import ConfigError, StoreError
from oppleo_flow.payloads import SessionStarted
from oppleo_flow.store import LedgerConnection, StoreLocation
from oppleo_flow.testing import BenchSite


@pytest.fixture
def store(tmp_path):
    site = BenchSite(services={StoreLocation: StoreLocation(tmp_path / "ledger.sqlite")})
    made = SiteStore("store", SiteStoreConfig(), clock=SystemClock(), site=site, simulated=False)
    yield made
    made.close()


def test_it_is_what_a_node_asks_for():
    assert issubclass(SiteStore, LedgerConnection)


def test_it_opens_the_ledger_of_the_sites_charge_point(store):
    store.open()
    store.ledger.sessions.record(SessionStarted.sample())
    assert store.ledger.sessions.open().label == "family"
    assert store.ledger.charge_point == "bench"


def test_it_can_be_opened_again(store):
    store.open()
    store.close()
    store.open()
    assert store.ledger.tokens.all() == []


def test_before_it_is_open_there_is_no_ledger(store):
    with pytest.raises(StoreError) as error:
        _ = store.ledger
    assert str(error.value) == "connection 'store': is not open"


def test_it_needs_a_site_that_says_where_the_ledger_is():
    made = SiteStore(
        "store", SiteStoreConfig(), clock=SystemClock(), site=BenchSite(), simulated=False
    )
    with pytest.raises(ConfigError) as error:
        made.open()
    assert str(error.value) == "bench: the test gave no StoreLocation"
