"""What is known of the kWh meters of a site: which one it was when, and its registers then.

A meter that is exchanged is closed with its last register, and the one that takes its place opened
with its first one.
"""

from datetime import datetime
from typing import Literal

from oppleo_flow.immutable import immutable

EnergyRegister = Literal["import", "total"]


@immutable
class MeterFacts:
    """What its plate says, and which register is billed by; None is not known.

    `mid`: approved by the Measuring Instruments Directive.
    """

    make: str | None = None
    model: str | None = None
    serial: str | None = None
    mid: bool | None = None
    calibration_year: int | None = None
    register: EnergyRegister = "import"


@immutable
class MeterSegment:
    """One meter in its place, from `since` until `until`, with its first and last register.

    `name` is that of the node that reads it.  `until` and the last register are None while it is
    the one; a register is None too where nobody knows it.
    """

    name: str
    since: datetime
    facts: MeterFacts
    first_wh: int | None = None
    until: datetime | None = None
    last_wh: int | None = None
