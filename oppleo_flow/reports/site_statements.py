"""How a site asks for its statements: the same for the command line, the page and a node."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from oppleo_flow.charging.period import Period
from oppleo_flow.charging.selection import EVERYTHING, Selection
from oppleo_flow.charging.statement_settings import StatementFacts
from oppleo_flow.immutable import immutable
from oppleo_flow.reports.request import Format, Issue, ReportRequest, archive_of


@immutable
class SiteStatements:
    """What a site says of itself to every statement; `folder` is the site's."""

    folder: Path
    ledger: Path
    charge_point: str
    zone: ZoneInfo
    currency: str
    language: str
    facts: StatementFacts
    simulated: bool

    @property
    def archive(self) -> Path:
        """Return where those that were issued are kept."""
        return archive_of(self.folder, simulated=self.simulated)

    def preview(
        self,
        period: Period,
        created_at: datetime,
        formats: tuple[Format, ...],
        *,
        selection: Selection = EVERYTHING,
        profile: str | None = None,
        language: str | None = None,
        folder: Path | None = None,
    ) -> ReportRequest:
        """Return the request of a preview; its files go to the site's reports, or elsewhere."""
        return ReportRequest(
            ledger=self.ledger,
            charge_point=self.charge_point,
            period=period,
            zone=self.zone,
            formats=formats,
            folder=folder or self.folder / "reports",
            created_at=created_at,
            currency=self.currency,
            simulated=self.simulated,
            selection=selection,
            facts=self.facts,
            profile=profile,
            language=language or self.language,
        )

    def issued(self, request: ReportRequest, who: str) -> ReportRequest:
        """Return the request to issue what another one previews, by whom."""
        return replace(request, issue=Issue(who, self.archive))
