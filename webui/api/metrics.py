"""The counters as Prometheus reads them: its text format, version 0.0.4."""

import platform
import resource
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, Literal

import oppleo_flow
from oppleo_flow.engine.snapshot import NodeSnapshot, RuntimeSnapshot
from oppleo_flow.engine.timing import UP_TO_S
from oppleo_flow.engine.vitals import Vitals
from oppleo_flow.immutable import immutable
from oppleo_flow.store.location import Written

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_MEMORY = Path("/proc/self/statm")
_STORAGE = Path("/proc/self/io")
_PAGE_BYTES: Final = resource.getpagesize()
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
Labels = Mapping[str, str]
_PER_NODE: tuple[tuple[str, Literal["counter", "gauge"], str, Callable[[NodeSnapshot], float]], ...]
_PER_NODE = (
    ("received_total", "counter", "Messages that came in.", lambda node: node.received),
    ("sent_total", "counter", "Messages that went out.", lambda node: node.sent),
    ("failed_total", "counter", "Messages whose handler failed.", lambda node: node.failed),
    ("dropped_total", "counter", "Messages that found the inbox full.", lambda node: node.dropped),
    ("inbox_messages", "gauge", "Messages that wait in the inbox.", lambda node: node.waiting),
    ("spool_messages", "gauge", "Messages that wait on disk behind it.", lambda n: n.spooled),
    ("started", "gauge", "1 while it runs.", lambda node: int(node.started)),
    ("faults", "gauge", "Open faults.", lambda node: len(node.faults)),
    (
        "made_safe",
        "gauge",
        "1 while the output is held at its safe level.",
        lambda node: int(node.made_safe is not None),
    ),
)


@immutable
class Family:
    """The samples of one name: suffix, labels and value each."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    text: str
    samples: Iterable[tuple[str, Labels, float]]

    def lines(self) -> Iterator[str]:
        """Yield the family, line for line."""
        yield f"# HELP {self.name} {self.text}"
        yield f"# TYPE {self.name} {self.kind}"
        for suffix, labels, value in self.samples:
            inner = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
            yield f"{self.name}{suffix}{{{inner}}} {value}" if inner else f"{self.name} {value}"


def written(families: Iterable[Family]) -> str:
    """Return families as text."""
    return "".join(f"{line}\n" for family in families for line in family.lines())


def of_flow(snapshot: RuntimeSnapshot, *, ready: bool) -> Iterator[Family]:
    """Yield what a flow and its nodes count."""
    simulated = str(snapshot.simulated).lower()
    yield _one("info", "What runs here.", 1, flow=snapshot.flow, simulated=simulated)
    yield _one("ready", "1 while every node runs without a fault.", int(ready))
    started_s = snapshot.started_at.timestamp()
    yield _one("start_time_seconds", "When the flow started, in Unix time.", started_s)
    for name, kind, text, read in _PER_NODE:
        samples = [("", _named(node), read(node)) for node in snapshot.nodes]
        yield Family(f"oppleo_flow_node_{name}", kind, text, samples)
    yield Family(
        "oppleo_flow_node_fault",
        "gauge",
        "1 for each open fault, by its code.",
        [
            ("", {**_named(node), "code": code}, 1)
            for node in snapshot.nodes
            for code in dict.fromkeys(fault.code for fault in node.faults)
        ],
    )
    yield Family(
        "oppleo_flow_node_handler_seconds",
        "histogram",
        "Time in handlers, sampled: of the messages in a straight run of nodes the first 100 of "
        "each half second are timed and then one in 64, of others all.",
        [sample for node in snapshot.nodes if node.timed for sample in _times(node)],
    )
    yield from _of_levels(snapshot)


def _times(node: NodeSnapshot) -> Iterator[tuple[str, Labels, float]]:
    labels = _named(node)
    for up_to_s, count in zip((*UP_TO_S, "+Inf"), node.timed_within, strict=True):
        yield "_bucket", {**labels, "le": str(up_to_s)}, count
    yield "_sum", labels, node.timed_s
    yield "_count", labels, node.timed


def _of_levels(snapshot: RuntimeSnapshot) -> Iterator[Family]:
    levels = [
        ({**_named(node), "port": port}, level)
        for node in snapshot.nodes
        for port, level in node.levels.items()
    ]
    yield Family(
        "oppleo_flow_level_fresh",
        "gauge",
        "1 while the value that an output holds is fresh.",
        [("", labels, int(level.fresh)) for labels, level in levels],
    )
    yield Family(
        "oppleo_flow_level_set_time_seconds",
        "gauge",
        "When the value that an output holds was set, in Unix time.",
        [("", labels, level.since.timestamp()) for labels, level in levels],
    )


def of_runtime(vitals: Vitals, *, streams: int) -> Iterator[Family]:
    """Yield how the runtime itself is."""
    about = {"version": oppleo_flow.__version__, "python": platform.python_version()}
    yield _one("build_info", "What was built.", 1, **about)
    yield _one("uptime_seconds", "How long the flow has been running.", vitals.uptime_s)
    yield _one("alive", "1 while the dispatcher turns.", int(vitals.alive))
    yield _one("loop_lag_seconds", "How late the last beat of the dispatcher was.", vitals.lag_s)
    worst = "How late the latest beat since the start was."
    yield _one("loop_lag_worst_seconds", worst, vitals.worst_lag_s)
    for name, text, value in (
        ("state_commits_total", "Commits to the state file.", vitals.state_commits),
        ("state_written_bytes_total", "States and messages written there.", vitals.state_bytes),
    ):
        yield Family(f"oppleo_flow_{name}", "counter", text, [("", {}, value)])
    yield Family(
        "oppleo_flow_connection_open",
        "gauge",
        "1 while a connection is open.",
        [("", {"connection": name}, int(open_)) for name, open_ in vitals.connections.items()],
    )
    yield _one("web_streams", "Pages that listen for live changes.", streams)


def of_ledger(written: Written | None) -> Iterator[Family]:
    """Yield what was written to the ledger, where there is one."""
    if written is None:
        return
    for name, text, value in (
        ("ledger_commits_total", "Commits to the ledger.", written.commits),
        ("ledger_written_bytes_total", "Values written there.", written.value_bytes),
    ):
        yield Family(f"oppleo_flow_{name}", "counter", text, [("", {}, value)])


def of_process() -> Iterator[Family]:
    """Yield what the process uses; what this system does not tell is left out."""
    cpu = "Processor time, of user and system."
    yield Family("process_cpu_seconds_total", "counter", cpu, [("", {}, time.process_time())])
    written = _written_bytes()
    if written is not None:
        text = "What the whole process had written to storage: state, ledger, spool, log."
        yield Family("process_storage_written_bytes_total", "counter", text, [("", {}, written)])
    try:
        pages = int(_MEMORY.read_text(encoding="ascii").split()[1])
    except OSError:
        return
    size = "Resident memory."
    yield Family("process_resident_memory_bytes", "gauge", size, [("", {}, pages * _PAGE_BYTES)])


def _written_bytes() -> int | None:
    try:
        lines = _STORAGE.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    found = (line.partition(": ") for line in lines)
    return next((int(value) for name, _, value in found if name == "write_bytes"), None)


def _one(name: str, text: str, value: float, **labels: str) -> Family:
    return Family(f"oppleo_flow_{name}", "gauge", text, [("", labels, value)])


def _named(node: NodeSnapshot) -> dict[str, str]:
    return {"node": node.id, "type": node.type_name}


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)
