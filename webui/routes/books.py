"""The rows of the list of routes that are about statements."""

from collections.abc import Iterable

from oppleo_flow.accounts.rights import Right
from webui.api import issued as kept
from webui.api import statements as made
from webui.api.audit import Deeds
from webui.api.issued import IssuedStatements
from webui.api.session_export import ExportAsked, SessionExport
from webui.api.statements import Statements
from webui.files import Workshop
from webui.parts import Parts
from webui.route import Content, Route

FILE = Content("*/*")


# A table reads best in rows.
# fmt: off


def book_routes(parts: Parts, api: str) -> Iterable[Route]:
    """Return what makes, shows and sends statements, and sessions as files."""
    workshop, deeds = Workshop(), Deeds(parts.audit)
    export = SessionExport(parts.site, workshop)
    statements = Statements(parts.site, deeds, workshop)
    issued = IssuedStatements(parts.runtime, parts.site, deeds)
    address = f"{api}/statements"
    version = f"{address}/<number>/<version:int>"
    return (
        Route("GET", f"{api}/sessions/export", export.send, Right.OWN, "Sessions as a file",
              query=ExportAsked, answer=FILE),
        Route("GET", address, issued.show, Right.OWN, "The statements that were issued",
              query=kept.IssuedAsked, answer=kept.IssuedListAnswer),
        Route("POST", address, statements.issue, Right.KEEP_BOOKS, "Issue a statement",
              body=made.ToIssue, answer=made.IssuedAnswer, status=201),
        Route("GET", f"{address}/preview", statements.preview, Right.OWN,
              "What a statement would say", query=made.StatementAsked, answer=made.PreviewAnswer),
        Route("GET", f"{address}/download", statements.download, Right.OWN,
              "A preview as a file", query=made.FileAsked, answer=FILE),
        Route("GET", f"{address}/history", issued.history, Right.OWN,
              "What each month came to", answer=kept.HistoryAnswer),
        Route("GET", f"{address}/senders", issued.senders, Right.KEEP_BOOKS,
              "The nodes that can send one", answer=kept.SendersAnswer),
        Route("GET", version, issued.one, Right.OWN, "An issued statement, with its files",
              answer=kept.WholeVersionAnswer),
        Route("GET", f"{version}/files/<name>", issued.file, Right.OWN,
              "A file of an issued statement", answer=FILE),
        Route("POST", f"{version}/send", issued.send, Right.KEEP_BOOKS, "Send one by e-mail",
              body=kept.Send, answer=kept.SenderAnswer, status=202),
    )
