"""What a report is asked for, as a value and as the arguments of a command line."""

import argparse
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeVar, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from oppleo_flow.charging.period import Period
from oppleo_flow.charging.selection import EVERYTHING, PURPOSES, Selection
from oppleo_flow.charging.statement_settings import NO_FACTS, StatementFacts
from oppleo_flow.clock import SystemClock
from oppleo_flow.errors import ConfigError, Refused
from oppleo_flow.immutable import immutable
from oppleo_flow.wording import LANGUAGES

Format = Literal["xlsx", "pdf", "csv", "csv-excel"]
T = TypeVar("T")


@immutable
class Issue:
    """That a statement is to be issued: by whom, and the folder in which it is kept for good."""

    who: str
    archive: Path


def archive_of(folder: Path, *, simulated: bool) -> Path:
    """Return where a site keeps what it has issued; what is simulated is kept apart."""
    archive = folder / "reports" / "archive"
    return archive / "simulated" if simulated else archive


@immutable
class ReportRequest:
    """A statement of one period, and the files it is wanted as.

    `currency` counts only where the ledger has no price yet; `meter` is needed only where the
    ledger has several; `simulated` says that no energy was really charged.  `profile` is by whose
    rules is reimbursed, where not by the site's own.  Without `issue` it is a preview.
    """

    ledger: Path
    charge_point: str
    period: Period
    zone: ZoneInfo
    formats: tuple[Format, ...]
    folder: Path
    created_at: datetime
    currency: str = "EUR"
    meter: str | None = None
    simulated: bool = False
    selection: Selection = EVERYTHING
    facts: StatementFacts = NO_FACTS
    profile: str | None = None
    language: str = "en"
    issue: Issue | None = None

    def check(self) -> None:
        """Refuse to issue what can still change, and to reimburse by rules that do not fit.

        Raises:
            Refused: The period has not ended.
            ConfigError: The site's settings do not fit the profile.
        """
        if self.issue is not None and self.created_at < self.period.bounds(self.zone)[1]:
            raise Refused(
                f"statement of {self.period}: the period ends on {self.period.until} at 00:00 "
                f"({self.zone.key}); until then there are only previews"
            )
        self.facts.reimbursement(self.profile)

    def arguments(self) -> list[str]:
        """Return the command line that asks for the same."""
        facts = self.facts.model_dump_json(exclude_defaults=True)
        issue = self.issue
        return [
            *("--ledger", str(self.ledger), "--charge-point", self.charge_point),
            *("--period", str(self.period), "--zone", self.zone.key),
            *(word for kind in self.formats for word in ("--format", kind)),
            *("-o", str(self.folder), "--created-at", self.created_at.isoformat()),
            *("--currency", self.currency, "--language", self.language),
            *(("--meter", self.meter) if self.meter else ()),
            *(("--simulated",) if self.simulated else ()),
            *(("--selection", self.selection.key) if self.selection.key else ()),
            *(("--facts", facts) if facts != "{}" else ()),
            *(("--profile", self.profile) if self.profile else ()),
            *((f"--issue={issue.who}", "--archive", str(issue.archive)) if issue else ()),
        ]

    @classmethod
    def parse(cls, arguments: Sequence[str]) -> "ReportRequest":
        """Return what a command line asks for; ends the program when it cannot be understood."""
        words = _parser().parse_args(arguments)
        return cls(
            ledger=words.ledger,
            charge_point=words.charge_point,
            period=words.period,
            zone=words.zone,
            # In the order asked for, each once.
            formats=tuple(dict.fromkeys(words.format)),
            folder=words.folder,
            created_at=words.created_at or SystemClock().now(),
            currency=words.currency,
            meter=words.meter,
            simulated=words.simulated,
            selection=words.selection,
            facts=words.facts,
            profile=words.profile,
            language=words.language,
            issue=Issue(words.issue, words.archive) if words.issue else None,
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m oppleo_flow.reports",
        description="Write the statement of a period, and say in JSON what was written.",
    )
    add = parser.add_argument
    add("--ledger", type=Path, required=True, help="file of the ledger")
    add("--charge-point", required=True, help="id of the charge point, as in the ledger")
    add("--period", type=_read(Period.parse), required=True, help="YYYY-MM, YYYY or FIRST_UNTIL")
    add("--zone", type=_zone, required=True, help="IANA time zone of the period's bounds")
    add(
        "--format", action="append", choices=get_args(Format), required=True, help="may be repeated"
    )
    add("-o", "--folder", type=Path, required=True, help="folder to write to")
    add("--created-at", type=datetime.fromisoformat, help="time on the statement; now if not given")
    add("--currency", default="EUR", help="where the ledger has no price yet (%(default)s)")
    add("--meter", help="the charger's meter, where the ledger has several")
    add("--simulated", action="store_true", help="say on it that no energy was really charged")
    add(
        "--selection",
        type=_read(Selection.parse),
        default=EVERYTHING,
        help=f"JSON: which {', '.join(PURPOSES)} it is of",
    )
    add("--facts", type=_read(_facts), default=NO_FACTS, help="JSON: what the site says of itself")
    add("--profile", help="by whose rules is reimbursed, if not by the site's own")
    add("--language", choices=LANGUAGES, default="en", help="(%(default)s)")
    add("--issue", metavar="WHO", help="issue it, with a number; needs --archive")
    add("--archive", type=Path, help="where issued statements are kept")
    return parser


def _read(parse: Callable[[str], T]) -> Callable[[str], T]:
    """Return what argparse calls to read a value, so that it shows what was wrong."""

    def read(text: str) -> T:
        try:
            return parse(text)
        except (ValueError, TypeError, ConfigError) as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read


def _facts(text: str) -> StatementFacts:
    return StatementFacts.model_validate(json.loads(text))


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise argparse.ArgumentTypeError(
            f"an IANA time zone such as Europe/Amsterdam is needed, got {text!r}"
        ) from None
