"""The readings of a time as a file: all of them, not what a page shows."""

from typing import Final
from zoneinfo import ZoneInfo

from bottle import HTTPResponse
from pydantic import Field

from oppleo_flow.reports.readings.child import ReadingsExport
from oppleo_flow.reports.readings.request import Format, ReadingsRequest
from webui.api.books import Books
from webui.api.usage import span_of
from webui.ports import SiteFacts
from webui.problem import problem
from webui.reading import MomentAsked, Query, read_query

_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ExportAsked(Query):
    """Which readings, and as what."""

    meter: str = Field(max_length=200)
    since: MomentAsked
    until: MomentAsked
    format: Format = "csv"


class UsageExport(Books):
    """The route of `/api/v1/usage/export`."""

    def __init__(self, site: SiteFacts) -> None:
        super().__init__(site)
        self._export = ReadingsExport()

    def show(self) -> HTTPResponse:
        """Answer `GET /api/v1/usage/export`: written by another process, sent as it comes."""
        asked = read_query(ExportAsked)
        span_of(asked.since, asked.until)
        file, ledger = self._site.ledger_file, self.ledger
        if file is None:
            raise problem(404, "no-ledger", "this site keeps no ledger")
        if asked.meter not in [one.meter for one in ledger.usage.meters()]:
            raise problem(404, "no-such-meter", f"no meter {asked.meter!r} has readings")
        ledger.readings.write_gathered()
        request = ReadingsRequest(
            file, ledger.charge_point, asked.meter, asked.since, asked.until, asked.format
        )
        answer = HTTPResponse(body=self._export.begin(request))
        answer.set_header("Content-Type", _TYPES[asked.format])
        name = _file_name(request, ZoneInfo(self._site.timezone))
        answer.set_header("Content-Disposition", f'attachment; filename="{name}"')
        return answer


def _file_name(request: ReadingsRequest, zone: ZoneInfo) -> str:
    """Return a name that every system takes, whatever the meter, with the days of the site."""
    meter = "".join(letter if letter.isalnum() else "-" for letter in request.meter)
    meter = meter.encode("ascii", "replace").decode().replace("?", "-")
    first, last = (f"{at.astimezone(zone):%Y%m%d}" for at in (request.since, request.until))
    return f"readings-{meter}-{first}-{last}.{request.format}"
