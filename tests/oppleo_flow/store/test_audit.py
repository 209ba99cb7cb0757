"""Who did what: noted once, and never changed."""

import sqlite3
from datetime import timedelta

import pytest

from oppleo_flow.clock import VirtualClock
from oppleo_flow.errors import StoreError
from oppleo_flow.store.audit import LONGEST, AuditLog, Deed
from oppleo_flow.testing.bench import NOON


@pytest.fixture
def clock():
    return VirtualClock(NOON)


@pytest.fixture
def audit(tmp_path, clock):
    return AuditLog(tmp_path / "state" / "audit.sqlite", clock, redact=hide)


def hide(text):
    return text.replace("hunter2", "<secret>")


def test_before_the_first_deed_there_are_none_and_no_file(audit, tmp_path):
    assert audit.deeds() == ()
    assert not (tmp_path / "state").exists()


def test_deeds_are_kept_with_the_newest_first(audit, clock, tmp_path):
    audit.note("pi (command)", "deploy", "version 2: because", "-old\n+new\n")
    clock.advance(60)
    simulated = AuditLog(tmp_path / "state" / "audit.sqlite", clock, simulated=True)
    simulated.note("page", "discard", "dead letter 7 of clerk.in")
    assert audit.deeds() == [
        Deed(
            2, NOON + timedelta(minutes=1), "page", "discard", "dead letter 7 of clerk.in", "", True
        ),
        Deed(1, NOON, "pi (command)", "deploy", "version 2: because", "-old\n+new\n", False),
    ]


def test_those_since_a_moment_and_the_last_few_are_found(audit, clock):
    for number in range(4):
        audit.note("page", "deploy", f"version {number}")
        clock.advance(60)
    since = NOON + timedelta(minutes=2)
    assert [deed.about for deed in audit.deeds(since=since)] == ["version 3", "version 2"]
    assert [deed.about for deed in audit.deeds(count=1)] == ["version 3"]


@pytest.mark.parametrize("change", ["UPDATE deed SET who = 'nobody'", "DELETE FROM deed"])
def test_the_table_refuses_to_be_changed(audit, tmp_path, change):
    audit.note("page", "deploy", "version 1")
    db = sqlite3.connect(tmp_path / "state" / "audit.sqlite")
    with pytest.raises(sqlite3.IntegrityError, match="what was done is not"):
        db.execute(change)
    db.close()
    assert [deed.who for deed in audit.deeds()] == ["page"]


def test_no_secret_gets_into_it(audit):
    audit.note("page", "deploy", "version 1: hunter2", "+key: hunter2")
    assert [(d.about, d.details) for d in audit.deeds()] == [
        ("version 1: <secret>", "+key: <secret>")
    ]


def test_details_that_are_too_long_are_cut_and_say_so(audit):
    audit.note("page", "deploy", "version 1", "x" * (LONGEST + 7))
    assert audit.deeds()[0].details == f"{'x' * LONGEST}\n… 7 more characters"


def test_what_is_no_database_is_told(audit, tmp_path):
    file = tmp_path / "state" / "audit.sqlite"
    file.parent.mkdir()
    file.write_text("this is text, and long enough to be looked at by the library\n" * 20)
    for call in (audit.deeds, lambda: audit.note("page", "deploy", "version 1")):
        with pytest.raises(StoreError) as told:
            call()
        assert str(told.value) == (
            f"{file}: is not an SQLite database; move it away or name another file"
        )
