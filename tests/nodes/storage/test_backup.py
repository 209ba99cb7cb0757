import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from nodes.storage.backup import Backup
from oppleo_flow.clock import SystemClock
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.payloads import SessionStarted, Tick
from oppleo_flow.store.backup.reading import unpack
from oppleo_flow.testing import BenchSite, Run, graph_of, plan, run_node
from oppleo_flow.testing.bench import Bench, Collect
from tests.nodes.store_site import ledger_in, site_in
from tests.oppleo_flow.store.backup.sites import rows

TICK = Tick.sample()
NAME = "backup-bench-20260115T120000Z.tar.gz"
BREAKING = """
import os, pathlib, resource, signal, sys

def hook(event, args):
    if event == "open" and "{name}" in str(args[0]):
        act(args)

def act(args):
{act}

if "oppleo_flow.store.backup" in sys.orig_argv:
{first}
    sys.addaudithook(hook)
"""


@pytest.fixture
def site(tmp_path: Path) -> BenchSite:
    """Return a real site with a ledger and a flow."""
    folder = tmp_path / "site"
    folder.mkdir()
    with ledger_in(folder) as ledger:
        ledger.sessions.record(SessionStarted.sample())
    (folder / "flows").mkdir()
    (folder / "flows/charge-point.yaml").write_text("nodes: {}\n")
    return replace(site_in(folder), simulate=False)


@pytest.fixture
def away(tmp_path: Path) -> Path:
    """Return a folder on another disk, as it were."""
    (tmp_path / "away").mkdir()
    return tmp_path / "away"


@pytest.fixture
def breaking(tmp_path: Path, monkeypatch, unmeasured) -> Callable[..., None]:
    """Return what lets something go wrong in the process that makes a backup."""

    def breaks(name: str = "none", *, act: str = "pass", first: str = "pass") -> None:
        (tmp_path / "broken").mkdir()
        text = BREAKING.format(name=name, act=f"    {act}", first=f"    {first}")
        (tmp_path / "broken/sitecustomize.py").write_text(text)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "broken"))

    return breaks


def ticked(site: BenchSite, **config: object) -> Run:
    return run_node(Backup, {"retries": 0, **config}, TICK, site=site)


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_tick_makes_a_verified_backup_of_the_site(site, away, tmp_path):
    run = ticked(site, copy_to=[str(away)])

    (made,) = run.outputs["made"]
    assert [one.step for one in run.outputs["step"]] == ["started", "completed"]
    assert (made.file, made.copies) == (f"backups/{NAME}", (f"{away}/{NAME}",))
    assert (run.status, run.faults) == (f"{NAME} is verified, and 1 more", {})
    manifest = unpack(away / NAME, "", tmp_path / "out")
    assert [member.name for member in manifest.members] == [
        "ledger.sqlite",
        "flows/charge-point.yaml",
    ]
    assert rows(tmp_path / "out/ledger.sqlite") == rows(site.folder / "ledger.sqlite")


def test_the_example_is_true(site):
    (example,) = Backup.examples
    run = run_node(Backup, example.config, example.send, site=site)
    assert [made.file for made in run.outputs["made"]] == [f"backups/{NAME}"]


def test_a_passphrase_encrypts_it(site, tmp_path):
    (made,) = ticked(site, passphrase="open sesame").outputs["made"]
    assert (made.file, made.encrypted) == (f"backups/{NAME}.age", True)
    assert unpack(site.folder / made.file, "open sesame", None).charge_point == "bench"


def test_a_simulation_copies_nothing_away_and_its_backups_are_named_apart(site, away):
    (made,) = ticked(replace(site, simulate=True), copy_to=[str(away)]).outputs["made"]
    assert (made.file, made.copies) == (f"backups/{NAME.replace('backup', 'simulated')}", ())
    assert left_in(away) == []


def test_so_many_are_kept(site):
    with Bench(Backup, {"kept": 2}, site=site) as bench:
        for _ in range(4):
            bench.send(TICK)
            bench.advance(86_400)
        assert left_in(site.folder / "backups") == [
            "backup-bench-20260117T120000Z.tar.gz",
            "backup-bench-20260118T120000Z.tar.gz",
        ]


def no_ledger(site: BenchSite, away: Path) -> None:
    (site.folder / "ledger.sqlite").unlink()


def damaged_ledger(site: BenchSite, away: Path) -> None:
    path = site.folder / "ledger.sqlite"
    content = bytearray(path.read_bytes())
    content[4096 : 3 * 4096] = b"x" * (2 * 4096)
    path.write_bytes(content)


def no_folder(site: BenchSite, away: Path) -> None:
    (site.folder / "backups").write_text("a file")


def no_target(site: BenchSite, away: Path) -> None:
    away.rmdir()


def unreadable_member(site: BenchSite, away: Path) -> None:
    # The system says that it has 4,096 bytes, and gives a few.
    (site.folder / "flows/odd.yaml").symlink_to("/sys/kernel/mm/transparent_hugepage/enabled")


def another_is_made(site: BenchSite, away: Path) -> None:
    (site.folder / ".oppleo").mkdir()
    number = os.open(site.folder / ".oppleo/backup.lock", os.O_WRONLY | os.O_CREAT)
    fcntl.flock(number, fcntl.LOCK_EX)  # for as long as the tests run


@pytest.mark.parametrize(
    ("spoil", "message", "left"),
    [
        pytest.param(
            no_ledger,
            "{site}/ledger.sqlite: there is no ledger yet; start `oppleo-flow run` once",
            None,
            id="there is no ledger",
        ),
        pytest.param(
            damaged_ledger,
            "{site}/ledger.sqlite: is damaged: Page 2: btreeInitPage() returns error code 11; "
            "restore it from a backup",
            [],
            id="the ledger is damaged",
        ),
        pytest.param(
            no_folder, "{site}/backups: File exists", None, id="there is a file for a folder"
        ),
        pytest.param(
            no_target,
            "{site}/backups/{name}: is made, but not copied: {away}: No such file or directory",
            ["{name}"],
            id="the target is away",
        ),
        pytest.param(
            unreadable_member,
            "{site}/flows/odd.yaml: became shorter while it was read; try again",
            [],
            id="a member cannot be read",
        ),
        pytest.param(
            another_is_made,
            "{site}: another backup is being made; wait for it",
            None,
            id="another one is being made",
        ),
    ],
)
def test_a_backup_that_fails_is_told_and_never_called_made(site, away, spoil, message, left):
    spoil(site, away)
    run = ticked(site, copy_to=[str(away)])

    said = message.format(site=site.folder, away=away, name=NAME)
    assert (run.outputs["made"], run.faults) == ([], {"backup-failed": said})
    if left is not None:
        assert left_in(site.folder / "backups") == [name.format(name=NAME) for name in left]


@pytest.mark.parametrize(
    ("how", "message", "left"),
    [
        pytest.param(
            {
                "first": "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
                "resource.setrlimit(resource.RLIMIT_FSIZE, (5_000,) * 2)"
            },
            "{site}/",
            [],
            id="the disk is full when the ledger is copied",
        ),
        pytest.param(
            {
                "name": f".{NAME}.part",
                "act": "resource.setrlimit(resource.RLIMIT_FSIZE, (3_000,) * 2)",
                "first": "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)",
            },
            "{site}/backups/.{name}.part: cannot be written: File too large",
            [],
            id="the disk is full when the backup is written",
        ),
        pytest.param(
            {
                "name": f"backups/.{NAME}.part",
                "act": "args[1] == 'r' and os.truncate(args[0], 3_000)",
            },
            "{site}/backups/.{name}.part: is damaged: ",
            [],
            id="the disk has lost what was written",
        ),
        pytest.param(
            {
                "name": f"away/.{NAME}.part",
                "act": "args[1] == 'r' and os.truncate(args[0], 3_000)",
            },
            "{site}/backups/{name}: is made, but not copied: {away}: "
            "the copy is cut short, got 3000 of ",
            ["{name}"],
            id="the copy is cut short",
        ),
        pytest.param(
            {
                "name": f"away/.{NAME}.part",
                "act": "args[1] == 'r' and (n := os.stat(args[0]).st_size) "
                "and (os.truncate(args[0], n - 99), os.truncate(args[0], n))",
            },
            "{site}/backups/{name}: is made, but not copied: {away}: "
            "the copy is not what was written; check that disk",
            ["{name}"],
            id="the copy has other bytes",
        ),
        pytest.param(
            {"name": f".{NAME}.part", "act": "os.kill(os.getpid(), signal.SIGKILL)"},
            "backup: was killed, by signal 9",
            [],
            id="it is killed",
        ),
    ],
)
def test_a_step_that_fails_is_told_and_leaves_no_half_backup(
    site, away, breaking, how, message, left
):
    breaking(**how)
    run = ticked(site, copy_to=[str(away)])

    said = message.format(site=site.folder, away=away, name=NAME)
    assert run.outputs["made"] == []
    assert run.faults["backup-failed"].startswith(said)
    assert left_in(site.folder / "backups") == [name.format(name=NAME) for name in left]
    assert left_in(away) == []


def test_a_failed_one_is_tried_again_and_the_fault_is_cleared_by_one_that_succeeds(site, away):
    away.rmdir()
    config = {"copy_to": [str(away)], "retries": 2, "retry_after": "1h"}
    with Bench(Backup, config, site=site) as bench:
        bench.send(TICK)
        assert "No such file" in bench.run().faults["backup-failed"]
        away.mkdir()
        bench.advance(3_599)
        assert list(bench.run().faults) == ["backup-failed"]
        bench.advance(1)
        assert bench.run().faults == {}
        assert [made.at.hour for made in bench.sent("made")] == [13]
        assert left_in(away) == ["backup-bench-20260115T130000Z.tar.gz"]


def test_the_tries_come_to_an_end(site):
    no_folder(site, site.folder)
    with Bench(Backup, {"retries": 2}, site=site) as bench:
        bench.send(TICK)
        bench.advance(7 * 3600)
        assert list(bench.run().faults) == ["backup-failed"]


@contextmanager
def on_the_real_clock(site: BenchSite, **config: object) -> Iterator[Runtime]:
    """Run a backup node, and one that hears it, by the system's clock."""
    nodes = {"backup": plan(Backup, {"retries": 0, **config}), "heard": plan(Collect)}
    nodes["steps"] = plan(Collect)
    runtime = Runtime(
        graph_of(nodes, ["backup.made > heard.in", "backup.step > steps.in"]),
        clock=SystemClock(),
        site=site,
        state_path=site.folder / "state.sqlite",
    )
    runtime.start()
    try:
        yield runtime
    finally:
        runtime.stop()


def until(seen: Callable[[], object]) -> None:
    """Wait until something is seen, in good time."""
    end_s = monotonic() + 60
    while not seen():
        assert monotonic() < end_s
        Event().wait(0.02)


def faults_of(runtime: Runtime) -> dict[str, str]:
    (backup,) = (node for node in runtime.snapshot().nodes if node.id == "backup")
    return {fault.code: fault.text for fault in backup.faults}


def test_by_the_systems_clock_nobody_waits_for_it_and_a_second_tick_is_passed_over(site):
    with on_the_real_clock(site) as runtime:
        heard = runtime.node("heard").got
        runtime.inject("backup", "in", TICK)
        runtime.inject("backup", "in", TICK)
        until(lambda: heard)
        assert len(heard) == len(left_in(site.folder / "backups")) == 1
        until(lambda: len(runtime.node("steps").got) == 3)
        steps = [one.step for one in runtime.node("steps").got]
        assert steps == ["started", "passed-over", "completed"]
        manifest = unpack(site.folder / heard[0].file, "", None)
        assert "state.sqlite" in {member.name for member in manifest.members}


HANGS = {"name": "backup-bench-", "act": "signal.pause()"}


def test_one_that_hangs_is_ended_and_told(site, breaking):
    breaking(**HANGS)
    with on_the_real_clock(site, timeout="100ms") as runtime:
        runtime.inject("backup", "in", TICK)
        until(lambda: faults_of(runtime))
        told = {"backup-failed": "backup: not done after 0.1 s, and ended"}
        assert faults_of(runtime) == told


def test_one_that_is_being_made_ends_with_the_runtime(site, breaking):
    breaking(**HANGS)
    with on_the_real_clock(site) as runtime:
        runtime.inject("backup", "in", TICK)
        until(lambda: list(site.folder.glob("backups")))
        child = runtime.node("backup")._child.pid
    assert not Path(f"/proc/{child}").exists()
