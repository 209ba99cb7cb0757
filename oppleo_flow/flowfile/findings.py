"""What the checker finds: an error, a warning or a note at its place, for people and programs."""

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from oppleo_flow.flowfile.codes import CODES, Severity
from oppleo_flow.flowfile.graph import Place
from oppleo_flow.flowfile.suggest import one_of
from oppleo_flow.flowfile.tree import Mark, Text
from oppleo_flow.immutable import immutable

_WIDTH = 120
_MOST = 200
_WEIGHTS: tuple[Severity, ...] = ("error", "warning", "info")
_MOST_INSTANCES = 4
_SHORTEST = 4  # a shorter secret would blot out ordinary words


@immutable
class Finding:
    """One thing that is wrong, or worth a look; `message` may be reworded, `code` is stable.

    `source` is the line of the file; None where it must not be shown, or where there is none.
    `node` is an id of that file; within a subflow, `instances` says in which uses of it this is so.
    """

    code: str
    severity: Severity
    place: Place
    message: str
    node: str | None = None
    source: str | None = None
    instances: tuple[str, ...] = ()

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
        return f"{self.place}: {weight}{node}{self.message}{_within(self.instances)}"

    def render(self) -> str:
        """Return the headline with the source line below it and a caret below that."""
        if self.source is None:
            return self.headline()
        first = max(0, self.place.column - _WIDTH + 20)
        line = "".join(c if c.isprintable() else " " for c in self.source[first : first + _WIDTH])
        caret = " " * (self.place.column - 1 - first) + "^"
        number = f"{self.place.line:>6}"
        return f"{self.headline()}\n{number} | {line.rstrip()}\n{' ' * len(number)} | {caret}"

    def as_json(self) -> dict[str, Any]:
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
            "instances": list(self.instances),
        }


class Report:
    """Collects what one check finds, in a flow and in the other files that it leads to."""

    def __init__(self, file: str, lines: Sequence[str], *, show_source: bool = True) -> None:
        self.text = Text(file, lines)
        self._show_source = show_source
        self._files = {file: 0}
        self._findings: list[Finding] = []
        self._seen: dict[tuple[str, Place, str], int] = {}

    def beside(self, text: Text) -> "Report":
        """Return the report on another text, whose findings are told together with these."""
        other = copy.copy(self)
        other.text = text
        self._files.setdefault(text.file, len(self._files))
        return other

    def place(self, mark: Mark) -> Place:
        """Return where a mark is, counted from 1."""
        text = mark.text or self.text
        return Place(text.file, mark.line + 1, mark.column + 1)

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

    @property
    def has_errors_here(self) -> bool:
        """Return whether an error was added whose place is in this text."""
        return any(
            finding.severity == "error" and finding.place.file == self.text.file
            for finding in self._findings
        )

    def findings(
        self, hidden: Iterable[str] = (), owners: Sequence[tuple[str, int, int, str]] = ()
    ) -> tuple[Finding, ...]:
        """Return all findings, file after file, without any of the `hidden` texts.

        A finding without a node gets the one among `owners` (file, first line, last line, id) whose
        lines it is in.  Of more than 200 the gravest are kept, and the first of the others says how
        many they are.
        """
        secrets = sorted((text for text in hidden if len(text) >= _SHORTEST), key=len, reverse=True)
        found = sorted(_gravest(self._findings, self._order), key=self._order)
        return tuple(_without(_owned(finding, owners), secrets) for finding in found)

    def _order(self, finding: Finding) -> tuple[int, int, int]:
        place = finding.place
        return self._files.get(place.file, 0), place.line, place.column

    def _add(
        self, code: str, severity: Severity, at: Mark | Place, message: str, node: str | None
    ) -> None:
        text = (at.text if isinstance(at, Mark) else None) or self.text
        place = at if isinstance(at, Place) else self.place(at)
        known = self._seen.get((code, place, message))
        if known is not None:
            self._also_in(known, text.instance)
            return
        self._seen[code, place, message] = len(self._findings)
        shown = self._show_source and 0 < place.line <= len(text.lines)
        source = text.lines[place.line - 1].rstrip("\r\n\x85\u2028\u2029") if shown else None
        name = None if node is None else node.removeprefix(text.prefix)
        where = (text.instance,) if text.instance else ()
        self._findings.append(Finding(code, severity, place, message, name, source, where))

    def _also_in(self, number: int, instance: str) -> None:
        """Note that what was found before is so in another instance of a subflow, too."""
        known = self._findings[number]
        if known.instances and instance and instance not in known.instances:
            self._findings[number] = replace(known, instances=(*known.instances, instance))


def _owned(finding: Finding, owners: Sequence[tuple[str, int, int, str]]) -> Finding:
    if finding.node is None:
        for file, first, last, owner in owners:
            if file == finding.place.file and first <= finding.place.line - 1 <= last:
                return replace(finding, node=owner)
    return finding


def _within(instances: Sequence[str]) -> str:
    """Return ` (in left and right)`, for what is so in some instances of a subflow."""
    if not instances:
        return ""
    more = len(instances) - _MOST_INSTANCES
    shown = [*instances[:_MOST_INSTANCES], *([f"{more} more"] if more > 0 else [])]
    return f" (in {one_of(shown, 'and')})"


def _gravest(findings: Iterable[Finding], order: Callable[[Finding], Any]) -> list[Finding]:
    """Return at most 200 findings, the gravest, and in the place of all others only one."""
    found = sorted(findings, key=lambda f: (_WEIGHTS.index(f.severity), order(f)))
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
