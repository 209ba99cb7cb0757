"""How the runtime itself is, beside what its nodes do: for who watches the process."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

ALIVE_S: Final = 2.0
"""How long ago the loop had a turn at most, while it is alive."""


@dataclass(frozen=True, slots=True)
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
