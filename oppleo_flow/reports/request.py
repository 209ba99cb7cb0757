"""What a report is asked for, as a value and as the arguments of a command line."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from oppleo_flow.charging.month import Month
from oppleo_flow.clock import SystemClock

Format = Literal["xlsx", "pdf", "csv"]


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """A statement of one month, and the files it is wanted as.

    `currency` counts only where the ledger has no price yet; `meter` is needed only where the
    ledger has several; `simulated` says that no energy was really charged.
    """

    ledger: Path
    charge_point: str
    month: Month
    zone: ZoneInfo
    formats: tuple[Format, ...]
    folder: Path
    created_at: datetime
    currency: str = "EUR"
    meter: str | None = None
    simulated: bool = False

    def arguments(self) -> list[str]:
        """Return the command line that asks for the same."""
        return [
            *("--ledger", str(self.ledger), "--charge-point", self.charge_point),
            *("--month", str(self.month), "--zone", self.zone.key),
            *(word for kind in self.formats for word in ("--format", kind)),
            *("-o", str(self.folder), "--created-at", self.created_at.isoformat()),
            *("--currency", self.currency),
            *(("--meter", self.meter) if self.meter else ()),
            *(("--simulated",) if self.simulated else ()),
        ]

    @classmethod
    def parse(cls, arguments: Sequence[str]) -> "ReportRequest":
        """Return what a command line asks for; ends the program when it cannot be understood."""
        words = _parser().parse_args(arguments)
        return cls(
            ledger=words.ledger,
            charge_point=words.charge_point,
            month=words.month,
            zone=words.zone,
            # In the order asked for, each once.
            formats=tuple(dict.fromkeys(words.format)),
            folder=words.folder,
            created_at=words.created_at or SystemClock().now(),
            currency=words.currency,
            meter=words.meter,
            simulated=words.simulated,
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m oppleo_flow.reports",
        description="Write the statement of a month, and say in JSON what was written.",
    )
    add = parser.add_argument
    add("--ledger", type=Path, required=True, help="file of the ledger")
    add("--charge-point", required=True, help="id of the charge point, as in the ledger")
    add("--month", type=_month, required=True, help="YYYY-MM")
    add("--zone", type=_zone, required=True, help="IANA time zone of the month's bounds")
    add(
        "--format", action="append", choices=get_args(Format), required=True, help="may be repeated"
    )
    add("-o", "--folder", type=Path, required=True, help="folder to write to")
    add("--created-at", type=datetime.fromisoformat, help="time on the statement; now if not given")
    add("--currency", default="EUR", help="where the ledger has no price yet (%(default)s)")
    add("--meter", help="the charger's meter, where the ledger has several")
    add("--simulated", action="store_true", help="say on it that no energy was really charged")
    return parser


def _month(text: str) -> Month:
    try:
        return Month.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise argparse.ArgumentTypeError(
            f"an IANA time zone such as Europe/Amsterdam is needed, got {text!r}"
        ) from None
