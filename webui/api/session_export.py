"""Sessions as a file: what a page shows by its filter, as XLSX, PDF or CSV."""

from pathlib import Path

from pydantic import Field

from oppleo_flow.reports import Format, SessionFileRequest, sessions_in_child
from oppleo_flow.wording import Language
from webui.api.books import Books
from webui.api.sessions import SessionsWanted, wanted_of
from webui.files import ENDINGS, TIMEOUT_S, Sent, Workshop
from webui.ports import SiteFacts
from webui.problem import problem
from webui.reading import read_query


class ExportAsked(SessionsWanted):
    """Which sessions, in which order, and as what."""

    format: Format = Field(description="`csv` is for programs, `csv-excel` for spreadsheets.")
    language: Language | None = Field(None, description="That of the site, if not given.")


class SessionExport(Books):
    """The route of `/api/v1/sessions/export`."""

    def __init__(self, site: SiteFacts, workshop: Workshop) -> None:
        super().__init__(site)
        self._workshop = workshop

    def send(self) -> Sent:
        """Answer `GET /api/v1/sessions/export?format=xlsx`."""
        asked = read_query(ExportAsked)
        if self._site.statements is None:
            raise problem(404, "no-ledger", "this site keeps no ledger")
        statements = self._site.statements()
        self.ledger.session_list.names()  # it is brought up to date: the child only reads
        now = self.now()
        day = now.astimezone(statements.zone).date()

        def make(folder: Path) -> Path:
            file = folder / f"sessions-{statements.charge_point}-{day}.{ENDINGS[asked.format]}"
            request = SessionFileRequest(
                ledger=statements.ledger,
                charge_point=statements.charge_point,
                timezone=self._site.timezone,
                currency=statements.currency,
                language=asked.language or statements.language,
                wanted=wanted_of(asked, self._site.timezone),
                sort=asked.sort,
                descending=asked.order == "desc",
                kind=asked.format,
                file=file,
                created_at=now,
                simulated=statements.simulated,
            )
            sessions_in_child(request, timeout_s=TIMEOUT_S)
            return file

        return self._workshop.made(make)
