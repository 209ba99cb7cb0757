"""A ledger has what proves passwords: nobody but its owner reads it, or what is beside it."""

import os
import stat
from datetime import UTC, datetime

import pytest

from oppleo_flow.clock import SystemClock
from oppleo_flow.engine.state_store import StateStore
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.store.audit import AuditLog
from oppleo_flow.store.user_rows import User

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


@pytest.fixture
def generous():
    """Let new files be for everybody, as far as the system is asked."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder):
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


@pytest.mark.usefixtures("generous")
def test_a_ledger_and_what_is_beside_it_are_for_their_owner(tmp_path):
    with open_ledger(StoreLocation(tmp_path / "ledger.sqlite"), "cp") as ledger:
        ledger.users.add(User("anna", "text"), NOW)
        assert modes(tmp_path) == {
            "ledger.sqlite": 0o600,
            "ledger.sqlite-wal": 0o600,
            "ledger.sqlite-shm": 0o600,
        }


@pytest.mark.usefixtures("generous")
def test_an_audit_is_for_its_owner(tmp_path):
    AuditLog(tmp_path / "audit.sqlite", SystemClock()).note("anna", "sign-in", "here")
    assert modes(tmp_path)["audit.sqlite"] == 0o600


@pytest.mark.usefixtures("generous")
def test_the_state_of_a_flow_is_for_its_owner(tmp_path):
    store = StateStore(tmp_path / "state.sqlite", threaded=False)
    store.close()
    assert modes(tmp_path)["state.sqlite"] == 0o600


def test_a_ledger_of_before_that_all_could_read_is_for_its_owner_from_now_on(tmp_path):
    location = StoreLocation(tmp_path / "ledger.sqlite")
    with open_ledger(location, "cp"):
        pass
    location.path.chmod(0o644)
    with open_ledger(location, "cp"):
        assert modes(tmp_path)["ledger.sqlite"] == 0o600


def test_a_group_that_its_owner_lets_read_goes_on_reading(tmp_path):
    location = StoreLocation(tmp_path / "ledger.sqlite")
    with open_ledger(location, "cp"):
        pass
    location.path.chmod(0o640)
    with open_ledger(location, "cp"):
        assert modes(tmp_path)["ledger.sqlite"] == 0o640
