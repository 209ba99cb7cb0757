"""Statements: looked at before they are written, downloaded, and issued."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field
from typing_extensions import TypedDict

from oppleo_flow.charging.month import YEARS
from oppleo_flow.charging.period import Period
from oppleo_flow.charging.selection import Selection
from oppleo_flow.errors import StoreError
from oppleo_flow.payloads import ReportWritten
from oppleo_flow.reports import Format, ReportRequest, preview_in_child, report_in_child
from oppleo_flow.wording import Language
from webui.answers import Moment, Money, Plain
from webui.api.audit import Deeds
from webui.api.books import Books
from webui.asking import who
from webui.files import TIMEOUT_S, Sent, Workshop
from webui.ports import SiteFacts
from webui.problem import problem
from webui.reading import Nothing, Query, read_body, read_query

if TYPE_CHECKING:
    from oppleo_flow.reports import SiteStatements

_ISSUED_AS: tuple[Format, ...] = ("pdf", "xlsx", "csv")


class StatementAsked(Query):
    """Of which period and whom: a month, a year, or days of which `until` is not one."""

    period: str = Field(max_length=25, description="2026-01, 2026, or 2026-01-05_2026-02-10.")
    card: str | None = Field(None, max_length=100)
    driver: str | None = Field(None, max_length=100)
    vehicle: str | None = Field(None, max_length=100)
    cost_centre: str | None = Field(None, max_length=100)
    point: str | None = Field(None, max_length=100)
    profile: str | None = Field(None, max_length=40, description="By whose rules is reimbursed.")
    language: Language | None = Field(None, description="That of the site, if not given.")


class FileAsked(StatementAsked):
    """A preview, as a file."""

    format: Format


class ToIssue(Nothing):
    """What to issue: it gets a number and is kept for good."""

    period: str = Field(max_length=25)
    card: str | None = Field(None, max_length=100)
    driver: str | None = Field(None, max_length=100)
    vehicle: str | None = Field(None, max_length=100)
    cost_centre: str | None = Field(None, max_length=100)
    point: str | None = Field(None, max_length=100)
    profile: str | None = Field(None, max_length=40)
    language: Language | None = None


class WarningAnswer(TypedDict):
    """What somebody should know before a statement is issued, and how often it is so."""

    code: str
    count: int


class FactAnswer(TypedDict):
    """What, and its value, in the language of the statement."""

    what: str
    value: str


class SumAnswer(FactAnswer):
    """What follows from the lines, or stands beside them."""

    unit: str


class LineAnswer(TypedDict):
    """A line of a statement; what is unknown is None."""

    session_id: str
    label: str
    vehicle: str | None
    plate: str | None
    started_at: Moment
    ended_at: Moment
    meter_start_wh: int | None
    meter_end_wh: int | None
    energy_wh: int | None
    price_per_kwh: Money | None
    amount: Money | None
    reimbursable: Money | None
    remarks: str


class ReconciliationAnswer(TypedDict):
    """What the meter counted in the period, and whose that was."""

    counted_wh: int
    sessions_wh: int
    others_wh: int
    unfinished_wh: int
    unattributed_wh: int


class PreviewAnswer(TypedDict):
    """What a statement would say; `lines` are the first ones, where there are very many."""

    period: str
    sessions: int
    energy_wh: int
    total: Money
    currency: str
    reimbursable: Money | None
    reconciliation: ReconciliationAnswer | None
    warnings: list[WarningAnswer]
    facts: list[FactAnswer]
    lines: list[LineAnswer]
    sums: list[SumAnswer]
    notes: list[str]


class IssuedAnswer(TypedDict):
    """What was issued."""

    number: str
    version: int
    sessions: int
    energy_wh: int
    total: Money
    currency: str


class Statements(Books):
    """The routes of `/api/v1/statements` that make one."""

    def __init__(self, site: SiteFacts, deeds: Deeds, workshop: Workshop) -> None:
        super().__init__(site)
        self._deeds = deeds
        self._workshop = workshop

    def preview(self) -> Plain:
        """Answer `GET /api/v1/statements/preview?period=2026-01`."""
        request = self._request(read_query(StatementAsked), ("csv",))
        with self._workshop.place(), _without_names():
            return preview_in_child(request, timeout_s=TIMEOUT_S)

    def download(self) -> Sent:
        """Answer `GET /api/v1/statements/download?period=2026-01&format=pdf`."""
        asked = read_query(FileAsked)

        def make(folder: Path) -> Path:
            request = self._request(asked, (asked.format,), folder)
            with _without_names():
                return Path(report_in_child(request, timeout_s=TIMEOUT_S).files[0])

        return self._workshop.made(make)

    def issue(self) -> IssuedAnswer:
        """Answer `POST /api/v1/statements`: the same again, if nothing changed since."""
        asked = read_body(ToIssue)
        request = statements_of(self._site).issued(self._request(asked, _ISSUED_AS), who().called)
        request.check()
        with self._workshop.place():
            written = report_in_child(request, timeout_s=TIMEOUT_S)
        name = f"{written.number} v{written.version}"
        self._deeds.note("issue", f"statement {name}", f"{written.total} {written.currency}")
        return _issued(written)

    def _request(
        self,
        asked: StatementAsked | ToIssue,
        formats: tuple[Format, ...],
        folder: Path | None = None,
    ) -> ReportRequest:
        """Return the request that is asked for; a driver gets statements of their own alone."""
        driver = who().only_driver
        selection = Selection(
            card=asked.card,
            driver=asked.driver if driver is None else driver,
            vehicle=asked.vehicle,
            cost_centre=asked.cost_centre,
            point=asked.point,
        )
        self._check_own(driver, selection)
        request = statements_of(self._site).preview(
            period_of(asked.period),
            self.now(),
            formats,
            selection=selection,
            profile=asked.profile,
            language=asked.language,
            folder=folder,
        )
        request.check()
        return request

    def _check_own(self, driver: str | None, selection: Selection) -> None:
        """Refuse a driver who is none, or who asks for names that their sessions do not bear.

        What others have is answered as what nobody has.
        """
        if driver is None:
            return
        if not driver:
            raise problem(403, "no-driver", "this account is no driver's; ask who keeps the books")
        own = self.ledger.session_list.names(driver)
        theirs = {"card": own.cards, "vehicle": own.vehicles, "cost_centre": own.cost_centres}
        if any(name not in theirs.get(purpose, [name]) for purpose, name in selection.said):
            raise problem(404, "no-such-name", "none of your sessions bears such a name")


@contextmanager
def _without_names() -> Iterator[None]:
    """Let no driver be told why a statement cannot be made: that may name others."""
    try:
        yield
    except StoreError as error:
        if who().only_driver is None:
            raise
        raise problem(
            503, "not-available", "this statement cannot be made; ask who keeps the books"
        ) from error


def statements_of(site: SiteFacts) -> "SiteStatements":
    """Return how the site asks for its statements."""
    if site.statements is None:
        raise problem(404, "no-ledger", "this site keeps no ledger")
    return site.statements()


def period_of(text: str) -> Period:
    """Return the period that a request names."""
    try:
        period = Period.parse(text)
    except ValueError as error:
        raise problem(422, "wrong-period", f"period: {error}") from None
    if not (period.first.year in YEARS and period.until.year in YEARS):
        raise problem(422, "wrong-period", f"period: {text!r} is none of our time")
    return period


def _issued(written: ReportWritten) -> IssuedAnswer:
    assert written.number is not None
    assert written.version is not None
    return {
        "number": written.number,
        "version": written.version,
        "sessions": written.sessions,
        "energy_wh": written.energy_wh,
        "total": str(written.total),
        "currency": written.currency,
    }
