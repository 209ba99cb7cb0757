"""What the checker finds: an error, a warning or a note at its place, for people and programs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from oppleo_flow.flowfile.codes import CODES, Severity
from oppleo_flow.flowfile.graph import Place
from oppleo_flow.flowfile.tree import Mark

_WIDTH = 120
_MOST = 200
_WEIGHTS: tuple[Severity, ...] = ("error", "warning", "info")
_SHORTEST = 4  # a shorter secret would blot out ordinary words


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or worth a look; `message` may be reworded, `code` is stable.

    `source` is the line of the file; None where it must not be shown, or where there is none.
    """

    code: str
    severity: Severity
    place: Place
    message: str
    node: str | None = None
    source: str | None = None

    def __post_init__(self) -> None:
        """Refuse a code that nobody can look up."""
        if self.code not in CODES:
            raise ValueError(
                f"{self.code!r} is no code of a finding; "
                "add it to flowfile/codes.py, with an example"
            )

    def headline(self) -> str:
        """Return `file:line:col: node: what is wrong; what to do` on one line."""
        weight = "" if self.severity == "error" else f"{self.severity}: "
        node = f"{self.node}: " if self.node else ""
        return f"{self.place}: {weight}{node}{self.message}"

    def render(self) -> str:
        """Return the headline with the source line below it and a caret below that."""
        if self.source is None:
            return self.headline()
        first = max(0, self.place.column - _WIDTH + 20)
        line = "".join(c if c.isprintable() else " " for c in self.source[first : first + _WIDTH])
        caret = " " * (self.place.column - 1 - first) + "^"
        number = f"{self.place.line:>6}"
        return f"{self.headline()}\n{number} | {line.rstrip()}\n{' ' * len(number)} | {caret}"

    def as_json(self) -> dict[str, str | int | None]:
        """Return the finding as plain data."""
        return {
            "code": self.code,
            "severity": self.severity,
            "file": self.place.file,
            "line": self.place.line,
            "column": self.place.column,
            "node": self.node,
            "message": self.message,
            "source": self.source,
        }


class Report:
    """Collects what one check of one file finds."""

    def __init__(self, file: str, lines: Sequence[str], *, show_source: bool = True) -> None:
        self.file = file
        self.lines = lines
        self._show_source = show_source
        self._findings: list[Finding] = []
        self._seen: set[tuple[str, Place, str]] = set()

    def place(self, mark: Mark) -> Place:
        """Return where a mark is, counted from 1."""
        return Place(self.file, mark.line + 1, mark.column + 1)

    def error(self, code: str, at: Mark | Place, message: str, node: str | None = None) -> None:
        """Add an error."""
        self._add(code, "error", at, message, node)

    def warning(self, code: str, at: Mark | Place, message: str, node: str | None = None) -> None:
        """Add a warning."""
        self._add(code, "warning", at, message, node)

    def info(self, code: str, at: Mark | Place, message: str, node: str | None = None) -> None:
        """Add what is only worth knowing."""
        self._add(code, "info", at, message, node)

    def add(self, findings: Iterable[Finding]) -> None:
        """Add findings made elsewhere."""
        self._findings.extend(findings)

    @property
    def has_errors(self) -> bool:
        """Return whether an error was added."""
        return any(finding.severity == "error" for finding in self._findings)

    def findings(
        self, hidden: Iterable[str] = (), owners: Sequence[tuple[int, int, str]] = ()
    ) -> tuple[Finding, ...]:
        """Return all findings in the order of the file, without any of the `hidden` texts.

        A finding without a node gets the one among `owners` (first line, last line, id) whose lines
        it is in.  Of more than 200 the gravest are kept, and the first of the others says how many
        they are.
        """
        secrets = sorted((text for text in hidden if len(text) >= _SHORTEST), key=len, reverse=True)
        found = sorted(_gravest(self._findings), key=_order)
        return tuple(_without(self._owned(finding, owners), secrets) for finding in found)

    def _owned(self, finding: Finding, owners: Sequence[tuple[int, int, str]]) -> Finding:
        if finding.node is None and finding.place.file == self.file:
            for first, last, owner in owners:
                if first <= finding.place.line - 1 <= last:
                    return replace(finding, node=owner)
        return finding

    def _add(
        self, code: str, severity: Severity, at: Mark | Place, message: str, node: str | None
    ) -> None:
        place = at if isinstance(at, Place) else self.place(at)
        if (code, place, message) in self._seen:
            return
        self._seen.add((code, place, message))
        shown = self._show_source and 0 < place.line <= len(self.lines)
        source = self.lines[place.line - 1].rstrip("\r\n\x85\u2028\u2029") if shown else None
        self._findings.append(Finding(code, severity, place, message, node, source))


def _order(finding: Finding) -> tuple[int, int]:
    return finding.place.line, finding.place.column


def _gravest(findings: Iterable[Finding]) -> list[Finding]:
    """Return at most 200 findings, the gravest, and in the place of all others only one."""
    found = sorted(findings, key=lambda f: (_WEIGHTS.index(f.severity), _order(f)))
    kept, rest = found[:_MOST], found[_MOST:]
    if not rest:
        return kept
    return [*kept, replace(rest[0], code="more", message=f"and {len(rest)} more", node=None)]


def _without(finding: Finding, secrets: Iterable[str]) -> Finding:
    """Return the finding with the value of every secret blotted out of its message."""
    message = finding.message
    for secret in secrets:
        message = message.replace(secret, "(secret)")
    return finding if message == finding.message else replace(finding, message=message)
