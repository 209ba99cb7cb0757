"""The statements that were issued: their files, and sending them; and what each month came to."""

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from pydantic import Field
from typing_extensions import TypedDict

from oppleo_flow.accounts.rights import Right
from oppleo_flow.charging.issued import Issued
from oppleo_flow.charging.month import Month
from oppleo_flow.charging.period import Period
from oppleo_flow.charging.session_filter import SessionFilter
from oppleo_flow.charging.tokens import AccountKind
from oppleo_flow.errors import Refused
from oppleo_flow.payloads import ReportWritten
from webui.answers import Moment, Money, digits
from webui.api.audit import Deeds
from webui.api.books import Books
from webui.api.paging import Paged
from webui.api.statements import statements_of
from webui.asking import who
from webui.files import Sent
from webui.ports import Runtime, SiteFacts
from webui.problem import problem
from webui.reading import Nothing, read_body, read_query

if TYPE_CHECKING:
    from oppleo_flow.reports.archive import Archive, Verified

_MAILS = "email"
_MOST_MONTHS = 1200


class IssuedAsked(Paged):
    """Which part of the list of issued statements."""

    order: Literal["asc", "desc"] = Field("desc", description="The oldest first, or the newest.")


class Send(Nothing):
    """Which node is to send it, and whether to those whom it names or to whose statement it is."""

    node: str = Field(max_length=200, description="A node of type `email`.")
    own: bool = Field(
        default=False,
        description="To the driver or the cost centre that it is of alone.",
    )


class FileAnswer(TypedDict):
    """A file of a statement, and whether it is as it was issued."""

    name: str
    sha256: str
    verdict: str


class VersionAnswer(TypedDict):
    """One version of an issued statement; `changed` says what is not as in the one before."""

    number: str
    version: int
    period: str
    only_of: dict[str, str]
    profile: str
    sessions: int
    energy_wh: int
    total: Money
    currency: str
    issued_at: Moment
    issued_by: str
    content_hash: str
    ledger_hash: str
    replaces: str | None
    changed: list[str]
    latest: bool


class WholeVersionAnswer(VersionAnswer):
    """A version with its files.

    `own_to` is the address of the driver or the cost centre that it is of, where they have one; it
    is told to those alone who keep the books.
    """

    files: list[FileAnswer]
    own_to: str | None


class IssuedListAnswer(TypedDict):
    """Some of the versions that were issued."""

    items: list[VersionAnswer]
    total: int


class SenderAnswer(TypedDict):
    """A node that can send a statement, and to whom."""

    node: str
    to: list[str]


class SendersAnswer(TypedDict):
    """The nodes that can send a statement."""

    items: list[SenderAnswer]


class MonthAnswer(TypedDict):
    """What ended in a month, as its statement has it.

    Of `unknown` sessions energy or cost is not known: they are not in the sums.
    """

    period: str
    sessions: int
    energy_wh: int
    amount: Money
    unknown: int


class HistoryAnswer(TypedDict):
    """Every month since the first session, the newest first."""

    items: list[MonthAnswer]
    currency: str | None


class IssuedStatements(Books):
    """The routes below `/api/v1/statements` that look at what was issued."""

    def __init__(self, runtime: Runtime, site: SiteFacts, deeds: Deeds) -> None:
        super().__init__(site)
        self._runtime = runtime
        self._deeds = deeds

    def show(self) -> IssuedListAnswer:
        """Answer `GET /api/v1/statements`."""
        asked = read_query(IssuedAsked)
        page = self.ledger.statements.page(
            self._drivers(),
            descending=asked.order == "desc",
            offset=asked.offset,
            limit=asked.limit,
        )
        return {
            "items": [_version(one, page.newest) for one in page.issued],
            "total": page.total,
        }

    def one(self, number: str, version: int) -> WholeVersionAnswer:
        """Answer `GET /api/v1/statements/NUMBER/VERSION`."""
        issued = self._issued(number, version)
        known = {file.name: file.sha256 for file in self.ledger.statements.files(issued)}
        files: list[FileAnswer] = [
            {
                "name": name,
                "sha256": known.get(name, issued.content_hash),
                "verdict": verified.verdict,
            }
            for verified in self._archive().verify(issued)
            for name in [verified.file.rpartition("/")[2]]
        ]
        _, address = self._addressee(issued)
        keeps = who().may(Right.KEEP_BOOKS)
        whole = _version(issued, _newest(self._own(number)))
        return {**whole, "files": files, "own_to": address if keeps else None}

    def file(self, number: str, version: int, name: str) -> Sent:
        """Answer `GET /api/v1/statements/NUMBER/VERSION/files/NAME`.

        Raises:
            Refused: It is not as it was issued, or tells a driver what others have charged.
        """
        issued = self._issued(number, version)
        if who().only_driver is not None:
            self._refuse_of_others(issued)
        for verified in self._archive().verify(issued):
            if verified.file.rpartition("/")[2] == name:
                _refuse_unsound(verified)
                return Sent(statements_of(self._site).archive / name)
        raise problem(404, "no-such-file", f"statement {number} v{version} has no such file")

    def senders(self) -> SendersAnswer:
        """Answer `GET /api/v1/statements/senders`: where a mail server is in the flow."""
        return {"items": [{"node": node, "to": to} for node, to in self._mailing()]}

    def send(self, number: str, version: int) -> SenderAnswer:
        """Answer `POST /api/v1/statements/NUMBER/VERSION/send`: the node is given it.

        Raises:
            Refused: There is no such node, or a file is not as it was issued.
        """
        asked, issued = read_body(Send), self._issued(number, version)
        known = dict(self._mailing())
        if asked.node not in known:
            raise Refused(f"{asked.node}: is no node of type {_MAILS!r} that runs")
        addressee, address = self._addressee(issued) if asked.own else ((), None)
        if asked.own and address is None:
            raise Refused(f"statement {number}: is of nobody who has an e-mail address")
        for verified in self._archive().verify(issued):
            _refuse_unsound(verified)
        archive = statements_of(self._site).archive
        names = [one.name for one in self.ledger.statements.files(issued)]
        written = ReportWritten(
            period=str(issued.period),
            files=tuple(str(archive / name) for name in names),
            sessions=issued.sessions,
            energy_wh=issued.energy_wh,
            total=issued.total,
            currency=issued.currency,
            number=issued.number,
            version=issued.version,
            selection=tuple(name for _, name in issued.selection.said),
            addressed_to=addressee,
        )
        self._runtime.inject(asked.node, "in", written)
        to = known[asked.node] if address is None else [address]
        self._deeds.note("send", f"statement {number} v{version}", ", ".join(to))
        return {"node": asked.node, "to": to}

    def _refuse_of_others(self, issued: Issued) -> None:
        """Refuse a driver a version that was issued when theirs still told of others.

        It stays in the archive as it is, for who keeps the books; issued again it tells of none.
        """
        from oppleo_flow.reports.ledger_content import tells_of_others  # noqa: PLC0415

        archive = self._archive()
        content = archive.content_of(issued)
        if content is None:
            _refuse_unsound(next(iter(archive.verify(issued))))
        if content is None or tells_of_others(content):
            raise Refused(
                f"statement {issued.number} v{issued.version}: tells what others have charged; "
                "ask who keeps the books to issue it again, and take that version"
            )

    def _addressee(self, issued: Issued) -> tuple[tuple[str, ...], str | None]:
        """Return the kind and the name of whose statement it is, as they are called now.

        And where they get it; nothing where it is of nobody, or of one who has no address.
        """
        of = self.ledger.statements.account_names().selection(issued.selection)
        named: dict[AccountKind, str | None] = {"driver": of.driver, "cost-centre": of.cost_centre}
        for kind, name in named.items():
            for one in self.ledger.accounts.all(kind) if name is not None else ():
                if one.name == name and one.email is not None:
                    return (kind, one.name), one.email
        return (), None

    def history(self) -> HistoryAnswer:
        """Answer `GET /api/v1/statements/history`."""
        ledger, zone, driver = self.ledger, ZoneInfo(self._site.timezone), who().only_driver
        prices = ledger.prices.all()
        currency = prices[-1].currency if prices else None
        first = ledger.session_list.first_end(SessionFilter(driver=driver))
        if first is None:
            return {"items": [], "currency": currency}
        months = _months(Month.of(self.now(), zone), Month.of(first, zone))
        edges = [month.start(zone) for month in (*months[::-1], months[0].next())]
        sums = ledger.session_list.sums_between(edges, driver)
        items: list[MonthAnswer] = [
            {
                "period": str(Period.of_month(month)),
                "sessions": one.sessions,
                "energy_wh": one.energy_wh,
                "amount": digits(one.total) or "",
                "unknown": one.unknown,
            }
            for month, one in zip(months, sums[::-1], strict=True)
        ]
        return {"items": items, "currency": currency}

    def _drivers(self) -> Collection[str] | None:
        """Return the names, of now and of then, of the driver who asks; None: who sees all."""
        driver = who().only_driver
        if driver is None:
            return None
        return self.ledger.accounts.called("driver", driver) if driver else ()

    def _own(self, number: str) -> list[Issued]:
        found, drivers = self.ledger.statements.all(number), self._drivers()
        if drivers is None:
            return found
        return [one for one in found if one.selection.driver in drivers]

    def _issued(self, number: str, version: int) -> Issued:
        found = [one for one in self._own(number) if one.version == version]
        if not found:
            raise problem(404, "no-such-statement", "no statement of this number and version")
        return found[0]

    def _archive(self) -> "Archive":
        # Not at the top: it needs what draws, and few ask.
        from oppleo_flow.reports.archive import Archive  # noqa: PLC0415

        return Archive(statements_of(self._site).archive, self.ledger)

    def _mailing(self) -> Iterable[tuple[str, list[str]]]:
        nodes = self._runtime.graph.nodes.values()
        for node in nodes:
            if node.spec.type_name == _MAILS and not node.disabled:
                yield node.id, [str(one) for one in getattr(node.config, "to", ())]


_SAID = {"altered": "was altered", "missing": "is missing"}


def _refuse_unsound(verified: "Verified") -> None:
    """Refuse a file that is not as it was issued: nobody gets it as what was."""
    if verified.verdict != "sound":
        name = verified.file.rpartition("/")[2]
        raise Refused(
            f"{name}: {_SAID[verified.verdict]} since it was issued; put it back from a backup"
        )


def _months(last: Month, first: Month) -> list[Month]:
    """Return the months from the last back to the first."""
    found = [last]
    while found[-1] > first and len(found) < _MOST_MONTHS:
        found.append(found[-1].previous())
    return found


def _newest(found: Iterable[Issued]) -> dict[str, int]:
    newest: dict[str, int] = {}
    for one in found:
        newest[one.number] = max(one.version, newest.get(one.number, 0))
    return newest


def _version(issued: Issued, newest: Mapping[str, int]) -> VersionAnswer:
    change = issued.change
    changed = [] if change is None else [*change.sessions, *change.facts]
    return {
        "number": issued.number,
        "version": issued.version,
        "period": str(issued.period),
        "only_of": dict(issued.selection.said),
        "profile": issued.profile,
        "sessions": issued.sessions,
        "energy_wh": issued.energy_wh,
        "total": str(issued.total),
        "currency": issued.currency,
        "issued_at": issued.created_at.isoformat(),
        "issued_by": issued.who,
        "content_hash": issued.content_hash,
        "ledger_hash": issued.ledger_hash,
        "replaces": issued.replaces,
        "changed": changed,
        "latest": newest[issued.number] == issued.version,
    }
