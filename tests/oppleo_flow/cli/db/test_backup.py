import io
import json
import re
import signal
from pathlib import Path

import pytest

from oppleo_flow.cli import folder, main
from oppleo_flow.cli.folder import locked
from oppleo_flow.payloads import SessionStarted
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.store.backup import restoring
from tests.oppleo_flow.store.backup.test_restoring import restore_killed_at

WHOLE_SITE = {
    "flows/charge-point.yaml": "format: 1\nflow: charge-point\nnodes:\n"
    "  tick: {type: schedule, every: 1h}\n",
    "secrets.yaml": "backup_passphrase: open sesame\n",
}


@pytest.fixture
def used(site: Path) -> Path:
    """Return a site that has run, with an open session and a passphrase."""
    (site / "flows").mkdir()
    for name, text in WHOLE_SITE.items():
        (site / name).write_text(text)
    (site / "secrets.yaml").chmod(0o600)
    with open_ledger(StoreLocation(site / ".oppleo/ledger.sqlite"), "garage") as ledger:
        ledger.sessions.record(SessionStarted.sample())
    return site


@pytest.fixture
def passphrase(tmp_path: Path) -> Path:
    """Return a file with the passphrase."""
    (tmp_path / "passphrase.txt").write_text("open sesame\nand a second line\n")
    return tmp_path / "passphrase.txt"


def made(capsys) -> Path:
    """Return the file of the backup that was just made, as the command told."""
    return Path(capsys.readouterr().out.partition(": ")[0])


def test_backup_tells_the_file_and_that_it_was_verified(used, capsys):
    assert main(["db", "backup"]) == 0
    said = capsys.readouterr().out
    assert re.fullmatch(
        rf"{used}/backups/backup-garage-\d{{8}}T\d{{6}}Z\.tar\.gz: 3 files, \d+ bytes, verified; "
        "not encrypted, without the secrets\n",
        said,
    )
    main(["audit"])
    assert f"{used}/backups/backup-garage-" in capsys.readouterr().out


def test_backup_copies_and_says_so_in_json(used, tmp_path_factory, capsys):
    away = tmp_path_factory.mktemp("away")
    words = ["--passphrase-secret", "backup_passphrase", "--copy-to", str(away)]
    assert main(["db", "backup", "--json", *words]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["encrypted"] is True
    assert told["copies"] == [str(away / Path(told["file"]).name)]


def test_a_backup_restored_into_a_new_folder_is_a_site_that_check_accepts(
    used, passphrase, tmp_path_factory, capsys
):
    main(["db", "backup", "--passphrase-file", str(passphrase)])
    file = made(capsys)
    new = tmp_path_factory.mktemp("elsewhere") / "new"

    assert main(["db", "restore", str(file), str(new), "--passphrase-file", str(passphrase)]) == 0
    assert re.fullmatch(
        rf"{new}: restored from {file}\ncharge point 'garage' as it was at \S+, 4 files\n",
        capsys.readouterr().out,
    )
    assert main(["check", str(new)]) == 0
    assert main(["db", "check", "--site", str(new)]) == 0
    capsys.readouterr()
    assert main(["sessions", "--site", str(new), "--month", "2026-01"]) == 0
    assert "family" in capsys.readouterr().out
    assert (new / "secrets.yaml").read_text() == WHOLE_SITE["secrets.yaml"]
    main(["audit", "--site", str(new)])
    assert "restore" in capsys.readouterr().out


def test_restore_refuses_a_site_that_runs(used, capsys):
    main(["db", "backup"])
    file = made(capsys)
    with locked(used):
        assert main(["db", "restore", str(file), "--force"]) == 3
    assert re.fullmatch(
        rf"oppleo-flow: {used}: runs already, as process \d+; stop that one first\n",
        capsys.readouterr().err,
    )


def test_restore_refuses_a_site_that_is_there_and_keeps_it_aside_by_force(used, capsys):
    main(["db", "backup"])
    file = made(capsys)
    assert main(["db", "restore", str(file)]) == 3
    assert capsys.readouterr().err == (
        f"oppleo-flow: {used}: has a site already (oppleo.yaml, flows, .oppleo/ledger.sqlite, "
        ".oppleo/audit.sqlite); --force puts it aside\n"
    )
    assert main(["db", "restore", str(file), "--force", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (used / told["aside"] / "oppleo.yaml").exists()
    assert told["secrets"] is False


def test_every_command_refuses_a_site_whose_restore_was_interrupted(used, capsys):
    (used / ".oppleo/restore.json").write_text("{}")
    for words in (["check"], ["run"], ["sessions"], ["db", "check"]):
        assert main(words) == 3
        assert capsys.readouterr().err == (
            f"oppleo-flow: {used}: a restore was interrupted; "
            "finish it by the same `oppleo-flow db restore` again\n"
        )


def test_a_wrong_passphrase_is_told_and_leaves_no_trace(used, passphrase, tmp_path, capsys):
    main(["db", "backup", "--passphrase-file", str(passphrase)])
    file = made(capsys)
    passphrase.write_text("open barley\n")
    new = tmp_path / "a" / "new"
    assert main(["db", "restore", str(file), str(new), "--passphrase-file", str(passphrase)]) == 1
    assert capsys.readouterr().err == (
        f"oppleo-flow: {file}: cannot be opened with this passphrase\n"
    )
    assert not new.exists()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        pytest.param(
            ["backup", "--keep", "0"],
            2,
            "argument --keep: at least 1 is kept, got 0; see `oppleo-flow db backup --help`",
            id="none would be kept",
        ),
        pytest.param(
            ["backup", "--passphrase-secret", "nobody"],
            2,
            "{site}/secrets.yaml: has no secret 'nobody'; `oppleo-flow secrets set nobody` adds it",
            id="a secret that is missing",
        ),
        pytest.param(
            ["backup", "--passphrase-file", "none.txt"],
            2,
            "none.txt: cannot be read: No such file or directory",
            id="a passphrase file that is missing",
        ),
        pytest.param(
            ["backup", "--copy-to", "/nowhere/at/all"],
            1,
            "{file}: is made, but not copied: /nowhere/at/all: No such file or directory",
            id="a target that is away",
        ),
        pytest.param(
            ["restore", "none.tar.gz", "new"],
            1,
            "{site}/none.tar.gz: cannot be read: No such file or directory",
            id="a backup that is missing",
        ),
        pytest.param(
            ["restore", "oppleo.yaml", "new"],
            1,
            "{site}/oppleo.yaml: is damaged: Not a gzipped file (b'fo'); use another backup",
            id="no backup at all",
        ),
        pytest.param(
            ["backups", "--delete", "backup-garage-1.tar.gz"],
            3,
            "{site}/backups: has no backup 'backup-garage-1.tar.gz' of 'garage'",
            id="a backup to delete that is missing",
        ),
    ],
)
def test_what_cannot_be_is_told_in_one_line(used, capsys, words, code, message):
    assert main(["db", *words]) == code
    file = next(iter((used / "backups").glob("*")), "") if (used / "backups").exists() else ""
    assert capsys.readouterr().err == f"oppleo-flow: {message.format(site=used, file=file)}\n"
    assert not (used / "new").exists()


def test_backups_lists_each_with_its_state_and_fails_when_one_is_damaged(used, passphrase, capsys):
    files = []
    for words in ([], ["--passphrase-file", str(passphrase)], []):
        main(["db", "backup", *words])
        files.append(made(capsys))
    content = bytearray(files[0].read_bytes())
    content[-30] ^= 1
    files[0].write_bytes(content)

    assert main(["db", "backups", "--json"]) == 1
    states = {one["name"]: one["state"] for one in json.loads(capsys.readouterr().out)}
    assert states[files[0].name].startswith("is damaged: ")
    assert states[files[1].name] == "encrypted; give its passphrase to see whether it is whole"
    assert states[files[2].name] == "whole"

    assert main(["db", "backups", "--delete", files[0].name]) == 0
    assert not files[0].exists()
    capsys.readouterr()
    main(["db", "backups", "--passphrase-file", str(passphrase), "--json"])
    assert {one["state"] for one in json.loads(capsys.readouterr().out)} == {"whole"}


def test_the_last_whole_backup_is_not_deleted(used, capsys):
    main(["db", "backup"])
    file = made(capsys)
    assert main(["db", "backups", "--delete", file.name]) == 3
    assert capsys.readouterr().err == (
        f"oppleo-flow: {used}/backups: no whole backup would be left; make a new one first\n"
    )


def test_backups_lets_the_oldest_go_until_so_many_whole_ones_are_left(used, capsys):
    files = []
    for _ in range(4):
        main(["db", "backup"])
        files.append(made(capsys))
    files[-1].write_bytes(files[-1].read_bytes()[:-9])
    assert main(["db", "backups", "--keep", "1", "--json"]) == 1
    left = json.loads(capsys.readouterr().out)
    assert [one["state"] == "whole" for one in left] == [False, True]


def test_the_passphrase_may_be_typed(used, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("open sesame\n"))
    assert main(["db", "backup", "--encrypt"]) == 0
    file = made(capsys)
    assert file.name.endswith(".tar.gz.age")
    monkeypatch.setattr("sys.stdin", io.StringIO("open sesame\n"))
    assert main(["db", "restore", str(file), "new"]) == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(
            ["--encrypt"],
            "a passphrase is needed, got an empty line; see `oppleo-flow db --help`",
            id="nothing typed",
        ),
        pytest.param(
            ["--passphrase-file", "empty"],
            "empty: its first line is empty, and a passphrase is needed",
            id="an empty file",
        ),
        pytest.param(
            ["--passphrase-file", "picture"],
            "picture: a text is needed for a passphrase",
            id="a file that is no text",
        ),
        pytest.param(
            ["--passphrase-secret", "backup_passphrase"],
            "{site}/secrets.yaml:1:1: others can read this file (mode 0644); "
            "run: chmod 600 {site}/secrets.yaml",
            id="secrets for everybody to read",
        ),
    ],
)
def test_without_a_passphrase_nothing_is_made(used, monkeypatch, capsys, words, message):
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    (used / "empty").write_text("")
    (used / "picture").write_bytes(b"\xff\xd8\xff")
    (used / "secrets.yaml").chmod(0o644)
    assert main(["db", "backup", *words]) == 2
    assert capsys.readouterr().err == f"oppleo-flow: {message.format(site=used)}\n"
    assert not (used / "backups").exists()


def test_the_same_restore_again_finishes_one_that_was_interrupted(used, tmp_path, capsys):
    main(["db", "backup"])
    file = made(capsys)
    new = tmp_path / "new"
    assert main(["db", "restore", str(file), str(new)]) == 0
    assert restore_killed_at(file, new, 20) == -signal.SIGKILL
    assert main(["check", str(new)]) == 3
    capsys.readouterr()

    assert main(["db", "restore", str(file), str(new)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"{new}: finished the interrupted restore of {file}"
    assert re.fullmatch(rf"what was there before: {new}/\.oppleo/before-restore-\S+", said[-1])
    assert main(["check", str(new)]) == 0


def test_a_start_looks_for_an_interrupted_restore_where_it_is_written_down():
    assert folder.RESTORE_JOURNAL == restoring.JOURNAL
