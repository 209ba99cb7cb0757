"""The registers of single phases, for readings that were kept without them."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, update

from oppleo_flow.payloads import MeterReading
from oppleo_flow.store.column_types import UtcDateTime
from oppleo_flow.store.database import Database
from oppleo_flow.store.tables import readings

_ONE: Final = readings.c
_ADD: Final = (
    update(readings)
    .where(
        _ONE.charge_point == bindparam("of_point"),
        _ONE.meter == bindparam("of_meter"),
        _ONE.time == bindparam("at", type_=UtcDateTime()),
        _ONE.energy_l1_wh.is_(None),
    )
    .values({f"energy_l{phase}_wh": bindparam(f"l{phase}_wh") for phase in (1, 2, 3)})
)


def add_phase_registers(database: Database, known: Sequence[MeterReading]) -> None:
    """Write into readings that are there what each phase had counted; nothing else changes.

    What somebody has written already stays.

    Raises:
        StoreError: It cannot be written; then nothing of it is.
    """
    rows = [
        {
            **{"of_point": database.charge_point, "of_meter": one.meter, "at": one.time},
            **dict(zip(("l1_wh", "l2_wh", "l3_wh"), one.energy_phases_wh, strict=True)),
        }
        for one in known
    ]
    if rows:
        with database.write(durable=False) as connection:
            connection.execute(_ADD, rows)
