"""How a runtime itself is, for who watches the process."""

import threading
from pathlib import Path

from oppleo_flow import Connection, Node, NodeConfig, Ref, SystemClock
from oppleo_flow.engine.vitals import Vitals
from oppleo_flow.testing import graph_of, plan

PATIENCE_S = 10.0


class PushedClock(SystemClock):
    """A clock whose monotonic time a test can push on."""

    ahead_s = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead_s


class Keeper(Node[NodeConfig]):
    """Keep the dispatcher for three seconds, as the clock has it."""

    type_name = "keeper"

    def on_message(self, look: object) -> None:
        assert isinstance(self.clock, PushedClock)
        self.clock.ahead_s += 3.0
        assert callable(look)
        look()


class Bus(Connection[NodeConfig]):
    """A connection that opens."""

    type_name = "bus"

    def open(self) -> None:
        """Open."""

    def close(self) -> None:
        """Close."""


class OnBusConfig(NodeConfig):
    bus: Ref[Bus]


class OnBus(Node[OnBusConfig]):
    """Work on a bus."""

    type_name = "on-bus"
    blocking = True

    def on_message(self, number: int) -> None:
        self.use(self.config.bus)


def test_a_runtime_is_alive_from_its_start_to_its_stop(run, system_clock):
    seen: list[Vitals] = []
    runtime = run(
        graph_of({"a": plan(Keeper)}), system_clock, before=lambda r: seen.append(r.vitals())
    )
    seen.append(runtime.vitals())
    runtime.stop()
    seen.append(runtime.vitals())
    assert [vitals.alive for vitals in seen] == [False, True, False]


def test_a_dispatcher_that_a_node_keeps_is_not_alive_and_its_next_beat_is_late(run):
    beaten = threading.Event()
    runtime = run(graph_of({"a": plan(Keeper)}), PushedClock(), on_beat=beaten.set)
    seen: list[Vitals] = []

    def look() -> None:
        seen.append(runtime.vitals())
        beaten.clear()

    runtime.inject("a", "in", look)
    assert beaten.wait(PATIENCE_S)
    (kept,) = seen
    assert (kept.alive, runtime.vitals().alive) == (False, True)
    assert kept.turn_age_s is not None
    assert kept.turn_age_s >= 3.0
    assert runtime.vitals().worst_lag_s >= 2.0


def test_in_virtual_time_nothing_is_late(run):
    runtime = run(graph_of({"a": plan(Keeper)}))
    runtime.run_for(3600.0)
    assert runtime.vitals() == Vitals(uptime_s=3600.0, turn_age_s=0.0)


def test_each_connection_is_told_be_it_open_or_not(run):
    graph = graph_of(
        {"a": plan(OnBus, {"bus": "used"})}, (), connections={"used": Bus, "unused": Bus}
    )
    assert run(graph).vitals().connections == {"used": True, "unused": False}


def test_what_is_written_of_the_state_is_counted(run, tmp_path: Path):
    class Counter(Node[NodeConfig]):
        type_name = "counter"
        total: int = 0

        def on_message(self, value: int) -> None:
            self.total += value

    runtime = run(graph_of({"a": plan(Counter, durable=True)}), state_path=tmp_path / "state")
    before = runtime.vitals()
    for value in (1, 2, 0):
        runtime.inject("a", "in", value)
        runtime.run_for(0)
    after = runtime.vitals()
    assert after.state_commits - before.state_commits == 2
    assert after.state_bytes - before.state_bytes == len('{"total": 1}') + len('{"total": 3}')
