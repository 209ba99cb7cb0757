import json
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command

from oppleo_flow.cli import main
from oppleo_flow.cli.folder import locked
from oppleo_flow.payloads import MeterReading
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.store.database import sqlite_engine
from oppleo_flow.store.migrate import alembic_config
from oppleo_flow.store.revision import HEAD


@pytest.fixture
def ledger(site: Path) -> Path:
    """Return the ledger of a site that has run once."""
    path = site / ".oppleo" / "ledger.sqlite"
    open_ledger(StoreLocation(path), "garage").close()
    return path


def change(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as db:
        db.execute(statement)
    db.close()


def test_upgrade_says_what_it_did_and_the_audit_has_it(site, ledger, capsys):
    engine = sqlite_engine(ledger)
    command.downgrade(alembic_config(engine), "0003")
    engine.dispose()

    assert main(["db", "upgrade"]) == 0
    assert capsys.readouterr().out == (
        f"{ledger}: upgraded from revision 0003 to {HEAD}\n"
        f"{ledger}: as it was before: {ledger.with_name('ledger.before-0003.sqlite')}\n"
    )
    main(["audit"])
    assert f"ledger: 0003 to {HEAD}" in capsys.readouterr().out

    assert main(["db", "upgrade", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "before": HEAD,
        "after": HEAD,
        "copy": None,
        "interrupted": False,
        "rolled_back": False,
    }


def test_upgrade_makes_the_ledger_of_a_new_site(site, capsys):
    assert main(["db", "upgrade"]) == 0
    assert capsys.readouterr().out == (f"{site}/.oppleo/ledger.sqlite: made at revision {HEAD}\n")


def test_upgrade_refuses_a_site_that_runs(site, ledger, capsys):
    with locked(site):
        assert main(["db", "upgrade"]) == 3
    said = capsys.readouterr().err
    assert re.fullmatch(
        rf"oppleo-flow: {site}: runs already, as process \d+; stop that one first\n", said
    )


def test_check_finds_a_new_site_in_order(site, ledger, capsys):
    assert main(["db", "check"]) == 0
    assert capsys.readouterr().out == (
        f"{ledger}: is in order\n"
        f"{site}/.oppleo/state.sqlite: is not there yet\n"
        f"{site}/.oppleo/audit.sqlite: is not there yet\n"
    )


@pytest.mark.parametrize(
    ("statement", "code", "text"),
    [
        pytest.param(
            "UPDATE alembic_version SET version_num = '9999'",
            "wrong-revision",
            "is a ledger of a newer version, got revision '9999'; "
            "install that version of oppleo-flow",
            id="a newer version",
        ),
        pytest.param(
            "UPDATE alembic_version SET version_num = '0002'",
            "older-revision",
            "is a ledger of an older version, got revision '0002'; run `db upgrade`",
            id="an older version",
        ),
        pytest.param(
            "DROP TABLE alembic_version",
            "wrong-revision",
            "is a database, but not a ledger; name another file",
            id="no ledger",
        ),
        pytest.param(
            "DROP TABLE tokens",
            "changed-table",
            "table 'tokens' is missing; restore it from a backup",
            id="a table is missing",
        ),
        pytest.param(
            "ALTER TABLE session_ended DROP COLUMN interrupted",
            "changed-table",
            "table 'session_ended': column 'interrupted' is missing; restore it from a backup",
            id="a column is missing",
        ),
        pytest.param(
            "ALTER TABLE session_ended ADD COLUMN extra TEXT",
            "changed-table",
            "table 'session_ended': column 'extra' is not of this version; "
            "restore it from a backup",
            id="a column too many",
        ),
        pytest.param(
            "DROP INDEX uq_session_started_open",
            "changed-table",
            "table 'session_started': index 'uq_session_started_open' is missing; "
            "restore it from a backup",
            id="an index is missing",
        ),
    ],
)
def test_check_finds_what_was_changed_by_hand(site, ledger, capsys, statement, code, text):
    change(ledger, statement)
    assert main(["db", "check"]) == 1
    said = capsys.readouterr().out
    assert said.splitlines()[0] == f"{ledger}: is not in order"
    assert said.splitlines()[3:] == [f"{ledger}: error: {text}"]

    assert main(["db", "check", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["findings"] == [
        {"level": "error", "code": code, "place": str(ledger), "text": text}
    ]


def test_what_the_owner_has_added_is_only_noted(site, ledger, capsys):
    change(ledger, "CREATE TABLE mine (it TEXT)")
    change(ledger, "CREATE INDEX my_index ON tokens (label)")
    assert main(["db", "check"]) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        f"{ledger}: note: table 'mine' is none of the ledger's",
        f"{ledger}: note: table 'tokens': index 'my_index' is none of the ledger's",
    ]


def test_check_finds_a_damaged_file(site, ledger, capsys):
    content = bytearray(ledger.read_bytes())
    content[4096 * 2 : 4096 * 3] = b"x" * 4096
    ledger.write_bytes(content)
    ledger.with_name("state.sqlite").write_text("no database at all, but a text of some length")
    assert main(["db", "check"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == [
        f"{ledger}: is not in order",
        f"{ledger.with_name('state.sqlite')}: is not in order",
    ]
    assert said[3].startswith(f"{ledger}: error: is damaged: ")
    assert said[3].endswith("; restore it from a backup")
    assert said[4] == (
        f"{ledger.with_name('state.sqlite')}: error: "
        "is not an SQLite database; move it away or name another file"
    )


def test_what_is_rolled_up_can_be_made_anew(site, ledger, capsys):
    with open_ledger(StoreLocation(ledger), "garage") as opened:
        start = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
        opened.readings.record(
            [
                MeterReading.sample(time=start + timedelta(minutes=number), energy_import_wh=number)
                for number in range(60)
            ]
        )
    change(ledger, "UPDATE reading_slots SET max_w = 0")
    assert main(["db", "check"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"{ledger}: error: meter 'meter': what was rolled up from 2026-01-15 12:00 UTC on is not "
        "what its readings say; `oppleo-flow db roll-up` makes it anew"
    )
    assert main(["db", "roll-up"]) == 0
    assert capsys.readouterr().out == "rolled up anew: the readings of meter\n"
    assert main(["db", "check"]) == 0
