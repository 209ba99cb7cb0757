"""How many phases a model of meter has, for who needs no more of its profile than that."""

from typing import Final

_PHASES: Final = {
    "SDM630v2": 3,
    "SDM120": 1,
    "SDM220": 1,
    "SDM230": 1,
    "SDM72D-M": 3,
    "generic": 3,
}
_OF_ANOTHER = 3


def phases_of_model(name: str) -> int:
    """Return how many phases a built-in model has; one of a site's own is taken to have three."""
    return _PHASES.get(name, _OF_ANOTHER)
