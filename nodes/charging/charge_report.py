"""Issue the statement of the month before: its sessions, what they cost, and the meter beside it.

```yaml
month_end:
  type: schedule
  each: month
  day: 1
  at: 06:00
  missed: run-all
  keep: durable

report:
  type: charge-report
  from: month_end
  formats: [pdf, xlsx]
  keep: durable
```

Every tick issues the statement of the month before the one in which it was due, also of a month in
which nobody charged. Where the machine was off at the ends of months, or the report failed, those
since the last one that this node issued come first, in their order: `missed: run-all` lets each
have a tick, and be tried again, of its own. A machine that does not know what time it is issues
nothing until it does. It gets a number and is written as `statement-YYYY-MM.*` in `folder`; beside
it, in `archive`, is the same as files that nobody changes, with their hashes in the ledger. A tick
for a month whose statement says the same already gives the same version again, to the byte. Where
something has changed since, as a correction does, it is a new version that says what it replaces
and what changed. A session is on the statement of the month in which it ended.

Whose name, address and EAN stand on it, how it is numbered, and by which rules is reimbursed is
said once, under `statement:` in `oppleo.yaml`. With `vehicle: van`, say, it is of that vehicle's
sessions alone, with a number of its own.

With `to_each: driver` the statement is followed by one for each driver who has an e-mail address,
of their own sessions alone, with a number of its own and addressed to them: an `email` that is
wired to this node sends it there, and to nobody else. Addresses are kept by
`oppleo-flow accounts change driver Anna --email anna@example.org`, or on the page Cards.

It is made in a process of its own, with low priority, so that charging does not wait for it. It
does not use the connection of the store for the same reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from oppleo_flow import Example, Node, NodeConfig, Seconds, TimeZone
from oppleo_flow.charging.issued import periods_due
from oppleo_flow.charging.month import Month
from oppleo_flow.charging.period import Period
from oppleo_flow.charging.selection import Selection
from oppleo_flow.charging.statement_settings import ProfileCode, StatementFacts
from oppleo_flow.errors import StoreError
from oppleo_flow.payloads import ReportWritten, Tick
from oppleo_flow.reports import Format, Issue, ReportRequest, archive_of, report_in_child
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.wording import Language

_LOOK_S = 60.0
"""How often a clock is looked at again that nobody has told the time."""

_NOT_GIVEN = "own-not-issued"

Name = Annotated[str, Field(min_length=1, max_length=200)]


class ChargeReportConfig(NodeConfig):
    """Settings of a `charge-report` node."""

    period: Literal["month", "year"] = Field(
        "month", description="Of how long: the month before the tick, or the year before it."
    )
    card: Name | None = Field(None, description="Only the sessions of the card of this label.")
    driver: Name | None = Field(None, description="Only the sessions of this driver.")
    vehicle: Name | None = Field(None, description="Only the sessions of this vehicle.")
    cost_centre: Name | None = Field(None, description="Only the sessions of this cost centre.")
    point: Name | None = Field(
        None, description="Only the sessions of this one of several charge points."
    )
    to_each: Literal["driver", "cost-centre"] | None = Field(
        None,
        description="Also issue their own statement to each driver, or each cost-centre, who has "
        "an e-mail address; default: to nobody.",
    )
    profile: ProfileCode | None = Field(
        None, description="By whose rules is reimbursed: nl, de or be; default: the site's."
    )
    language: Language | None = Field(
        None, description="Language of what is written; default: the site's."
    )
    timezone: TimeZone | None = Field(
        None,
        description="Zone of the month's bounds and of the times shown; default: the site's.",
    )
    formats: tuple[Format, ...] = Field(
        ("pdf", "xlsx"), min_length=1, description="What files are written."
    )
    folder: str = Field(
        "reports", min_length=1, description="Where to; within the site's folder, if relative."
    )
    currency: str | None = Field(
        None,
        pattern=r"^[A-Z]{3}$",
        description="Currency of the sums while the ledger knows no price; default: the site's.",
    )
    meter: str | None = Field(
        None, description="Meter of the charger, if the ledger has readings of several."
    )
    timeout: Seconds = Field(
        "25s",
        validate_default=True,
        gt=0,
        description="How long it may take; what takes longer is ended, and fails.",
    )


class ChargeReport(Node[ChargeReportConfig]):
    """Issue the statement of the month before.

    Input:
        A `Tick`.

    Output:
        `out`: a `ReportWritten` for each statement, with its number and version, the files (named
        from the site's folder), the number of sessions, their energy and the sum; of somebody's own
        one, to whom it is addressed.

    Raises:
        Refused: The month has not ended, by the clock.
        StoreError: The ledger cannot be read or written, a file not be written, a file of the
            archive is not as it was, nobody knows whose statement it should be, or it took too
            long.

    Source:
        None.
    """

    type_name = "charge-report"
    version = 2
    icon = "file-text"
    blocking = True
    held: Sequence[datetime] = ()
    """When the ticks were due that came while nobody knew the time."""
    left: Sequence[str] = ()
    """The periods that are still to be issued, oldest first."""
    own: Sequence[tuple[str, str]] = ()
    """Of which period, and who, gets a statement of their own still."""
    examples = [
        Example(
            config={"formats": ["csv"]},
            send=Tick(due=datetime(2026, 1, 1, 5, 0, tzinfo=UTC)),
            expect={
                "out": ReportWritten(
                    period="2025-12",
                    files=("reports/statement-2025-12.csv",),
                    sessions=0,
                    energy_wh=0,
                    total=Decimal("0.00"),
                    currency="EUR",
                    number="SIM-bench-202512",
                    version=1,
                )
            },
            doc="A month in which nobody charged.",
        )
    ]

    @classmethod
    def migrate(cls, options: dict[str, Any], from_version: int) -> Mapping[str, Any]:
        """Return the options with `within` of version 1 as `timeout`."""
        if "within" in options:
            options.setdefault("timeout", options.pop("within"))
        return options

    def start(self) -> None:
        """Take up what the last run left."""
        if self._more:
            self.after(0, self._go_on)

    def on_message(self, tick: Tick) -> ReportWritten | None:
        """Issue the statement of the period before, or the oldest of those that were missed."""
        if self.clock.instant().trusted is False:
            self.held = (*self.held, tick.due)
            self._wait()
            return None
        return self._begin(tick.due)

    def _go_on(self) -> None:
        """Issue what is left, a period at a time; then what was held, if the time is known."""
        now = self.clock.instant()
        if self.own:
            self._issue_own()
        elif self.left:
            self.out("out").send(self._issue_next())
        elif now.trusted is False or self.held[0] > now.wall:
            self._wait()
        else:
            due, *later = self.held
            self.held = tuple(later)
            self.out("out").send(self._begin(due))

    def _wait(self) -> None:
        self.status("warn", "does not know what time it is; issues nothing until it does")
        self.after(_LOOK_S, self._go_on)

    def _begin(self, due: datetime) -> ReportWritten:
        self.clear(_NOT_GIVEN)
        wanted = self._period(due)
        self._request(wanted).check()
        self.left = tuple(map(str, self._due(wanted)))
        return self._issue_next()

    def _issue_next(self) -> ReportWritten:
        """Issue the oldest period that is left; the next one in a call of its own."""
        period, *later = self.left
        written = self._issue(self._request(Period.parse(period)), len(later))
        self.left = tuple(later)
        self.own = (*self.own, *((period, name) for name in self._addressed(Period.parse(period))))
        if self._more:
            self.after(0, self._go_on)
        return written

    def _issue_own(self) -> None:
        """Issue the next statement of somebody, if they still have an address."""
        (period, name), *later = self.own
        kind = self.config.to_each
        if kind is not None and name in self._addressed(Period.parse(period)):
            request = self._request(Period.parse(period))
            of = replace(request.selection, **{kind.replace("-", "_"): name})
            try:
                written = self._issue(replace(request, selection=of), len(self.left))
            except StoreError as error:  # the others get theirs all the same
                self.fault(_NOT_GIVEN, f"{kind} {name!r} got no statement of {period}: {error}")
            else:
                self.out("out").send(written.with_(addressed_to=(kind, name)))
        self.own = tuple(later)
        if self._more:
            self.after(0, self._go_on)

    def _issue(self, request: ReportRequest, left: int) -> ReportWritten:
        written = report_in_child(request, timeout_s=self.config.timeout)
        version = f" v{written.version}" if written.version != 1 else ""
        more = f"; {left} that were missed follow" if left else ""
        text = f"{written.number}{version}: {written.total} {written.currency}{more}"
        self.status("ok", text)
        return written.with_(files=tuple(self._name(file) for file in written.files))

    @property
    def _more(self) -> bool:
        """Return whether something is still to be issued."""
        return bool(self.held or self.left or self.own)

    def _addressed(self, period: Period) -> Sequence[str]:
        """Return who gets a statement of their own, unless they had retired before a period."""
        kind, request = self.config.to_each, self._request(period)
        if kind is None:
            return ()
        begin, _ = period.bounds(request.zone)
        with open_ledger(StoreLocation(request.ledger), request.charge_point, read_only=True) as it:
            everybody = it.accounts.all(kind)
        return [
            one.name
            for one in everybody
            if one.email is not None and (one.retired_at is None or one.retired_at >= begin)
        ]

    def _due(self, wanted: Period) -> list[Period]:
        """Return the period that is wanted, after those that were missed."""
        request = self._request(wanted)
        by = request.facts.reimbursement(request.profile)
        profile = "" if by is None else by.profile.code
        with open_ledger(StoreLocation(request.ledger), request.charge_point, read_only=True) as it:
            issued, names = it.statements.all(), it.statements.names()
        return periods_due(issued, wanted, request.selection, profile, self.id, names)

    def _period(self, due: datetime) -> Period:
        """Return the period before the one that a moment lies in."""
        month = Month.of(due, ZoneInfo(self.config.timezone or self.site.timezone))
        if self.config.period == "month":
            return Period.of_month(month.previous())
        return Period.of_year(month.year - 1)

    def _request(self, period: Period) -> ReportRequest:
        config, site = self.config, self.site
        folder = site.folder / config.folder
        return ReportRequest(
            ledger=site.service(StoreLocation).path,
            charge_point=site.charge_point,
            period=period,
            zone=ZoneInfo(config.timezone or site.timezone),
            formats=config.formats,
            folder=folder,
            created_at=self.clock.now(),
            currency=config.currency or site.currency,
            meter=config.meter,
            simulated=site.simulate,
            selection=Selection(
                config.card, config.driver, config.vehicle, config.cost_centre, config.point
            ),
            facts=site.service(StatementFacts),
            profile=config.profile,
            language=config.language or site.language,
            issue=Issue(self.id, archive_of(site.folder, simulated=site.simulate)),
        )

    def _name(self, file: str) -> str:
        """Return a file's name within the site's folder; the whole of it where it is elsewhere."""
        path = Path(file)
        inside = path.is_relative_to(self.site.folder)
        return str(path.relative_to(self.site.folder)) if inside else file
