import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from oppleo_flow.cli import main
from oppleo_flow.cli.backup_health import backups
from oppleo_flow.cli.site import Site
from oppleo_flow.clock import SystemClock
from oppleo_flow.store import StoreLocation, open_ledger

REMEDY = "oppleo-flow db backup; a node `backup` does it by itself"


@pytest.fixture
def used(site: Path, capsys) -> Site:
    """Return a site that has run and was backed up."""
    open_ledger(StoreLocation(site / ".oppleo/ledger.sqlite"), "garage").close()
    assert main(["db", "backup"]) == 0
    capsys.readouterr()
    return Site.load(site)


def said(site: Site, now: datetime) -> tuple[str, str, str]:
    found = backups(site, now)
    return (found.level, found.text, found.remedy)


def last(site: Site) -> dict[str, str]:
    return json.loads((site.folder / ".oppleo/last-backup.json").read_text())


def test_a_site_without_a_ledger_has_nothing_to_back_up(site):
    assert backups(Site.load(site), SystemClock().now()) is None


def test_a_fresh_backup_is_well(used):
    file, now = last(used)["file"], SystemClock().now()
    assert said(used, now) == ("ok", f"{file} was verified 0 days ago", "")
    assert said(used, now + timedelta(days=34))[0] == "ok"


def test_an_old_one_is_worth_a_look(used):
    file, now = last(used)["file"], SystemClock().now() + timedelta(days=36)
    assert said(used, now) == ("warn", f"the last was verified 36 days ago: {file}", REMEDY)


def test_one_that_is_gone_is_worth_a_look(used):
    file = last(used)["file"]
    Path(file).unlink()
    text = f"{file} was verified 0 days ago and is gone"
    assert said(used, SystemClock().now()) == ("warn", text, REMEDY)


def test_none_at_all_is_worth_a_look_and_the_doctor_says_so(used, capsys):
    (used.folder / ".oppleo/last-backup.json").unlink()
    main(["doctor", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert [one for one in found if one["what"] == "backup"] == [
        {
            "what": "backup",
            "level": "warn",
            "text": "none has been made yet",
            "remedy": REMEDY,
        }
    ]


def test_a_note_that_cannot_be_read_is_worth_a_look(used):
    (used.folder / ".oppleo/last-backup.json").write_text("{")
    level, text, _ = said(used, SystemClock().now())
    assert (level, text.partition(":")[0]) == ("warn", "when the last was made cannot be read")


def test_the_doctor_knows_a_restore_that_was_interrupted(used, capsys):
    (used.folder / ".oppleo/restore.json").write_text("{}")
    assert main(["doctor", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [one for one in found if one["level"] == "bad"] == [
        {
            "what": "site",
            "level": "bad",
            "text": f"a restore into {used.folder} was interrupted",
            "remedy": "do the same restore again",
        }
    ]
