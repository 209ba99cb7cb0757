"""The flow `examples/statement-copies.yaml`, and its drop-in, which handles several at once."""

import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from oppleo_flow import Node, NodeConfig
from oppleo_flow.clock import SystemClock
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.flowfile.graph import WhenBusy
from oppleo_flow.payloads import ReportWritten
from oppleo_flow.registry import Registry
from oppleo_flow.testing import BenchSite, graph_of, plan
from oppleo_flow.testing.house import House

EXAMPLES = Path(__file__).parents[2] / "examples"
TEXT = (EXAMPLES / "statement-copies.yaml").read_text(encoding="utf-8")
PATIENCE_S = 20.0


class Ears(Node[NodeConfig]):
    """Let a test wait for what comes in."""

    type_name = "ears"

    def start(self) -> None:
        self.heard: list[Any] = []
        self.changed = threading.Condition()

    def on_message(self, payload: object) -> None:
        with self.changed:
            self.heard.append(payload)
            self.changed.notify_all()

    def wait_for(self, count: int) -> list[Any]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.heard) >= count, PATIENCE_S)
            return list(self.heard)


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    (tmp_path / "drive").mkdir()
    return tmp_path / "drive"


@pytest.fixture
def copying(tmp_path: Path, drive: Path) -> Iterator[Callable[[], Runtime]]:
    kind = Registry.installed(EXAMPLES / "nodes").nodes()["copy-statement"].cls
    parallel = plan(kind, {"folder": str(drive)}, when_busy=WhenBusy("parallel", "period", 2))
    made = graph_of({"copy": parallel, "ears": plan(Ears)}, ["copy.copied > ears.in"])
    site = BenchSite(folder=tmp_path, simulate=False)
    runtime = Runtime(made, clock=SystemClock(), site=site)
    runtime.start()
    assert runtime.wait_settled(PATIENCE_S)
    yield lambda: runtime
    runtime.stop()


def statement(runtime: Runtime, month: str, *files: str) -> None:
    runtime.inject("copy", "in", ReportWritten.sample(period=month, files=files))


def test_the_flow_is_without_findings_as_it_stands(tmp_path: Path) -> None:
    house = House(TEXT, tmp_path, datetime(2026, 1, 15, tzinfo=UTC), nodes=EXAMPLES / "nodes")
    assert house.findings == ()


def test_a_statement_is_copied_with_all_its_files(copying, tmp_path, drive) -> None:
    for name in ("a.xlsx", "a.pdf"):
        (tmp_path / name).write_text(name)
    runtime = copying()
    statement(runtime, "2026-01", "a.xlsx", "a.pdf")
    assert runtime.node("ears").wait_for(2) == [str(drive / "a.xlsx"), str(drive / "a.pdf")]
    assert {file.name: file.read_text() for file in drive.iterdir()} == {
        "a.xlsx": "a.xlsx",
        "a.pdf": "a.pdf",
    }


def test_a_copy_that_takes_long_holds_up_its_own_month_and_no_other(
    copying, tmp_path, drive
) -> None:
    os.mkfifo(tmp_path / "slow.pdf")  # whoever reads it waits until somebody writes
    for name in ("later.pdf", "other.pdf"):
        (tmp_path / name).write_text(name)
    runtime = copying()
    statement(runtime, "2026-01", "slow.pdf")
    statement(runtime, "2026-01", "later.pdf")
    statement(runtime, "2026-02", "other.pdf")
    assert runtime.node("ears").wait_for(1) == [str(drive / "other.pdf")]
    assert not (drive / "later.pdf").exists()
    (tmp_path / "slow.pdf").write_text("at last")
    names = [Path(path).name for path in runtime.node("ears").wait_for(3)]
    assert names == ["other.pdf", "slow.pdf", "later.pdf"]


def test_a_drive_that_is_away_is_a_failure_and_no_half_of_a_copy(copying, tmp_path, drive) -> None:
    (tmp_path / "a.pdf").write_text("a")
    drive.rmdir()
    runtime = copying()
    events = runtime.subscribe()
    statement(runtime, "2026-01", "a.pdf")
    while (event := events.get(timeout_s=PATIENCE_S)) is not None and event.kind != "fault":
        pass
    assert event is not None
    assert (event.node, event.port) == ("copy", "handler-failed")
    assert not drive.exists()
