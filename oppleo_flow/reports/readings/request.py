"""Which readings are wanted as a file, and how that is told to the process that writes it."""

import argparse
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal, Self, get_args

from oppleo_flow.immutable import immutable

Format = Literal["csv", "xlsx"]
REFUSED: Final = 3
"""How the process ends when the readings do not fit into such a file."""
FORMATS: Final[Sequence[Format]] = get_args(Format)
_AT_ONCE: Final = timedelta(days=1)


@immutable
class ReadingsRequest:
    """The readings of a meter in [since, until), as a file of a format."""

    ledger: Path
    charge_point: str
    meter: str
    since: datetime
    until: datetime
    format: Format

    def arguments(self) -> list[str]:
        """Return it as the arguments of a process."""
        said = {
            "ledger": self.ledger,
            "charge-point": self.charge_point,
            "meter": self.meter,
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "format": self.format,
        }
        # In one word each: a meter may have a name that begins as an option does.
        return [f"--{name}={value}" for name, value in said.items()]

    @classmethod
    def parse(cls, arguments: Sequence[str]) -> Self:
        """Return what the arguments of a process say."""
        parser = argparse.ArgumentParser(prog="python -m oppleo_flow.reports.readings")
        parser.add_argument("--ledger", type=Path, required=True)
        parser.add_argument("--charge-point", required=True)
        parser.add_argument("--meter", required=True)
        parser.add_argument("--since", type=datetime.fromisoformat, required=True)
        parser.add_argument("--until", type=datetime.fromisoformat, required=True)
        parser.add_argument("--format", choices=FORMATS, required=True)
        return cls(**vars(parser.parse_args(arguments)))

    def parts(self) -> Iterator[tuple[datetime, datetime]]:
        """Yield the time in parts that are read one by one."""
        since = self.since
        while since < self.until:
            until = min(since + _AT_ONCE, self.until)
            yield since, until
            since = until
