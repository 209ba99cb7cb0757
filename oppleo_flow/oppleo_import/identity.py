"""Ids that another import makes again: of the charge point here and the row there.

Not of the device that a row names, which Oppleo changes when the charger gets another name.
"""

from typing import Final
from uuid import UUID, uuid5

_NAMESPACE: Final = UUID("b0f3a0f4-64a1-4a52-9d3c-0a8c8f0b7e55")


def same_id(charge_point: str, kind: str, row: str) -> UUID:
    """Return the id of what a row becomes at a charge point, the same one each time."""
    return uuid5(_NAMESPACE, f"{charge_point} {kind} {row}")
