"""Write the statement of the month before: its sessions, what they cost, and the meter beside it.

```yaml
month_end:
  type: schedule
  each: month
  day: 1
  at: 06:00
  missed: run-once
  keep: durable

report:
  type: charge-report
  from: month_end
  formats: [pdf, xlsx]
```

Every tick writes the statement of the month before the one in which it was due, from the site's
ledger, as `statement-YYYY-MM.*` in `folder`. A file of an earlier tick is replaced, whole or not at
all. A session is on the statement of the month in which it ended.

It is made in a process of its own, with low priority, so that charging does not wait for it. It
does not use the connection of the store for the same reason.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field

from oppleo_flow import Example, Node, NodeConfig, Seconds, TimeZone
from oppleo_flow.charging.month import Month
from oppleo_flow.payloads import ReportWritten, Tick
from oppleo_flow.reports import Format, ReportRequest, report_in_child
from oppleo_flow.store import StoreLocation


class ChargeReportConfig(NodeConfig):
    """Settings of a `charge-report` node."""

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
    """Write the statement of the month before.

    Input:
        A `Tick`.

    Output:
        `out`: a `ReportWritten`, with the files (named from the site's folder), the number of
        sessions, their energy and the sum.

    Raises:
        StoreError: The ledger cannot be read, a file not be written, or it took too long.

    Source:
        None.
    """

    type_name = "charge-report"
    version = 2
    icon = "file-text"
    blocking = True
    examples = [
        Example(
            config={"formats": ["csv"]},
            send=Tick(due=datetime(2026, 2, 1, 5, 0, tzinfo=UTC)),
            expect={
                "out": ReportWritten(
                    month="2026-01",
                    files=("reports/statement-2026-01.csv",),
                    sessions=0,
                    energy_wh=0,
                    total=Decimal("0.00"),
                    currency="EUR",
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

    def on_message(self, tick: Tick) -> ReportWritten:
        """Write one statement."""
        config = self.config
        zone = ZoneInfo(config.timezone or self.site.timezone)
        request = ReportRequest(
            ledger=self.site.service(StoreLocation).path,
            charge_point=self.site.charge_point,
            month=Month.of(tick.due, zone).previous(),
            zone=zone,
            formats=config.formats,
            folder=self.site.folder / config.folder,
            created_at=self.clock.now(),
            currency=config.currency or self.site.currency,
            meter=config.meter,
            simulated=self.site.simulate,
        )
        written = report_in_child(request, timeout_s=config.timeout)
        self.status("ok", f"{written.month}: {written.total} {written.currency}")
        return written.with_(files=tuple(self._name(file) for file in written.files))

    def _name(self, file: str) -> str:
        """Return a file's name within the site's folder; the whole of it where it is elsewhere."""
        path = Path(file)
        inside = path.is_relative_to(self.site.folder)
        return str(path.relative_to(self.site.folder)) if inside else file
