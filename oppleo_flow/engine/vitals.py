"""How the runtime itself is, beside what its nodes do: for who watches the process."""

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Final

from oppleo_flow.immutable import immutable

if TYPE_CHECKING:
    from oppleo_flow.engine.beat import Beat
    from oppleo_flow.engine.core import Core

ALIVE_S: Final = 2.0
"""How long ago the loop had a turn at most, while it is alive."""


@immutable
class Vitals:
    """The condition of a runtime at one moment.

    `turn_age_s` is how long ago the loop had a turn, None before the first and after the stop;
    `lag_s` how much too late the last one was, `worst_lag_s` the worst since the start.
    `state_commits` and `state_bytes` are what was written of states and messages; `connections`
    says of each whether it is open.
    """

    uptime_s: float
    turn_age_s: float | None
    lag_s: float = 0.0
    worst_lag_s: float = 0.0
    state_commits: int = 0
    state_bytes: int = 0
    connections: Mapping[str, bool] = field(default_factory=dict)

    @property
    def alive(self) -> bool:
        """Return whether the loop turns."""
        return self.turn_age_s is not None and self.turn_age_s < ALIVE_S


def vitals_of(core: "Core", beat: "Beat", started_s: float) -> Vitals:
    """Return the condition of a runtime that started at a monotonic time."""
    now_s = core.clock.monotonic()
    last_s = beat.last_s if core.loop.running else None
    return Vitals(
        uptime_s=now_s - started_s,
        turn_age_s=None if last_s is None else max(0.0, now_s - last_s),
        lag_s=beat.lag_s,
        worst_lag_s=beat.worst_lag_s,
        state_commits=core.state_store.commits,
        state_bytes=core.state_store.written_bytes,
        connections=core.connections.condition,
    )
