"""The rows of the list of routes that are about what the meters said."""

from collections.abc import Iterable

from oppleo_flow.accounts.rights import Right
from webui.api import usage_answers as answers
from webui.api.usage import NewAsked, OfMeter, PageAsked, Span, Usage
from webui.api.usage_export import ExportAsked, UsageExport
from webui.parts import Parts
from webui.route import Content, Route

LOOK = Right.LOOK

# A table reads best in rows.
# fmt: off


def usage_routes(parts: Parts, api: str) -> Iterable[Route]:
    """Return the rows, for a site of these parts, at addresses below `api`."""
    usage, export = Usage(parts.site), UsageExport(parts.site)
    of = f"{api}/usage"
    return (
        Route("GET", f"{of}/meters", usage.meters, LOOK, "The meters that have readings",
              answer=answers.MeterSpansAnswer),
        Route("GET", f"{of}/graph", usage.graph, LOOK, "Power and energy over a time",
              query=Span, answer=answers.GraphAnswer),
        Route("GET", f"{of}/phases", usage.phases, LOOK, "The currents over a time",
              query=Span, answer=answers.PhasesAnswer),
        Route("GET", f"{of}/readings", usage.readings, LOOK, "Readings, the newest first",
              query=PageAsked, answer=answers.ReadingsAnswer),
        Route("GET", f"{of}/readings/new", usage.new, LOOK, "How many readings came since",
              query=NewAsked, answer=answers.NewReadingsAnswer),
        Route("GET", f"{of}/export", export.show, LOOK, "The readings of a time, as a file",
              query=ExportAsked, answer=Content("*/*")),
        Route("GET", f"{of}/history", usage.history, LOOK, "What each month and year used",
              query=OfMeter, answer=answers.HistoryAnswer),
    )
