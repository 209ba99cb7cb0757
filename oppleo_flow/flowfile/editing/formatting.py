"""The format of flow files: indentation, spaces and empty lines; data, order and comments stay."""

import re
from collections.abc import Iterator

from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.editing.document import (
    BREAKS,
    Collection,
    Document,
    Slot,
    block_header,
)
from oppleo_flow.flowfile.editing.flow_text import FlowText
from oppleo_flow.flowfile.editing.indenting import Indenting
from oppleo_flow.flowfile.editing.splices import Splice, spliced
from oppleo_flow.flowfile.tree import Scalar, Value

_BREAK = re.compile(r"\r\n|\r|\n")
_COMMENT = re.compile(rf"(?:^|(?<=[ \t{BREAKS}]))(#+)([^{BREAKS}]*)", re.MULTILINE)
_SPACES = re.compile(r"[ \t]*")


def formatted(text: FlowText) -> FlowText:
    """Return a flow in the form that all have.

    Every level is indented by two spaces; around `:` and before `#` are as many spaces as belong
    there; between two lines is at most one empty one.  Braces and brackets that go over several
    lines stay as they are, and so do the texts.

    Raises:
        Refused: The text cannot be read, or has a form that cannot be formatted.
    """
    mark = "\ufeff" if text.text.startswith("\ufeff") else ""
    old = Document(text.text.removeprefix(mark), text.file)
    lines = Document(_BREAK.sub(old.newline, _closed(old)), text.file)
    new = Document(_Formatting(lines).text, text.file)
    if new.data != old.data or _comments(new) != _comments(old):
        raise Refused(f"{text.file}: the way it is written cannot be formatted safely")
    return FlowText(mark + new.text, text.file)


def _closed(doc: Document) -> str:
    """Return a text that ends with a line break; a block of text at its end stays without one."""
    text = doc.text
    if text.endswith(("\n", "\r")):
        return text
    start, end = doc.scalars[-1]
    header = block_header(text[start:end])
    if header is not None and end == len(text) and "-" not in header:
        at = text.index(header, start)
        text = text[:at] + header.replace("+", "") + "-" + text[at + len(header) :]
    return text + doc.newline


def _comments(doc: Document) -> list[str]:
    return [found[2].strip() for found in _found_comments(doc)]


def _found_comments(doc: Document) -> Iterator[re.Match[str]]:
    """Yield the comments of a text, from their `#` on."""
    at = 0
    for start, end in [*_spans(doc), (len(doc.text), len(doc.text))]:
        yield from _COMMENT.finditer(doc.text, at, start)
        at = max(at, end)


def _spans(doc: Document) -> Iterator[tuple[int, int]]:
    """Yield where texts stand, in which a `#` begins no comment."""
    for start, end in doc.scalars:
        header = block_header(doc.text[start:end])
        if header is None:
            yield start, end
        else:
            yield start, doc.text.index(header, start) + len(header)
            yield doc.next_line(start), end


class _Formatting:
    """Formats one document."""

    def __init__(self, doc: Document) -> None:
        self._doc = doc
        self._indenting = Indenting.of(doc)
        self._splices = [
            *self._indents(),
            *self._empty_lines(),
            *self._ends(),
            *self._around_comments(),
            *self._between(doc.root),
        ]

    @property
    def text(self) -> str:
        """Return the text in its form."""
        return spliced(self._doc.text, self._splices)

    def _indents(self) -> Iterator[Splice]:
        for line, (old, new) in self._indenting.columns.items():
            start = self._doc.start_of(line)
            if self._doc.lines[line].strip() and old != new:
                yield Splice(start, start + old, " " * new)

    def _empty_lines(self) -> Iterator[Splice]:
        """Leave one empty line where there are several, and none at the edges of the file."""
        pending: list[int] = []
        first = True
        for number in range(len(self._doc.lines)):
            if self._doc.is_blank(number):
                pending.append(number)
                continue
            at_end = self._doc.start_of(number) >= len(self._doc.text)
            for line in pending if first or at_end else pending[1:]:
                yield Splice(self._doc.start_of(line), self._doc.start_of(line + 1), "")
            pending, first = [], False
        for line in pending:
            yield Splice(self._doc.start_of(line), self._doc.start_of(line + 1), "")

    def _ends(self) -> Iterator[Splice]:
        """Take the spaces at the ends of lines away."""
        gone = {(start, end) for start, end, _ in self._empty_lines()}
        for number, line in enumerate(self._doc.lines):
            start = self._doc.start_of(number)
            whole = len(line.rstrip(BREAKS))
            kept = len(line[:whole].rstrip(" \t"))
            inside = self._doc.in_scalar(start + whole)
            if kept < whole and not inside and (start, start + len(line)) not in gone:
                yield Splice(start + kept, start + whole, "")

    def _around_comments(self) -> Iterator[Splice]:
        """Put two spaces before a comment behind something, and one behind its `#`."""
        for found in _found_comments(self._doc):
            start = found.start()
            if self._doc.line_of(start) in self._indenting.untouched:
                continue
            if found[2][:1].isalnum():
                yield Splice(found.end(1), found.end(1), " ")
            before = self._doc.text[self._doc.line_start(start) : start]
            if before.strip() and before[-2:] not in ("  ", " \t", "\t ", "\t\t"):
                yield Splice(start, start, " ")

    # -- between keys, values and commas ---------------------------------------------------------

    def _between(self, value: Value) -> Iterator[Splice]:
        if isinstance(value, Scalar):
            return
        if self._doc.style(value) == "flow":
            if self._doc.line_of(value.start.offset) in self._indenting.untouched:
                return
            yield from self._in_brackets(value)
        for slot in self._doc.slots(value):
            yield from self._around_colon(slot)
            yield from self._between(slot.value)

    def _around_colon(self, slot: Slot) -> Iterator[Splice]:
        if slot.after is None or slot.after == slot.start:
            return
        if slot.key is not None:
            key_end = slot.start + len(self._doc.raw(slot.key))
            yield from self._gap(key_end, slot.after - 1, "")
        if not (isinstance(slot.value, Scalar) and slot.value.empty):
            yield from self._gap(slot.after, slot.value.start.offset, " ")

    def _in_brackets(self, value: Collection) -> Iterator[Splice]:
        slots = self._doc.slots(value)
        at, gap = value.start.offset + 1, ""
        for slot in slots:
            yield from self._gap(at, slot.start, gap)
            comma = self._doc.gap_end(slot.end)
            if self._doc.text[comma] == ",":
                yield from self._gap(slot.end, comma, "")
                comma += 1
            at, gap = comma, " "
        closing = self._doc.end(value) - 1
        ends_in_word = slots and at < closing and self._doc.text[at - 1 : at] != ","
        yield from self._gap(slots[-1].end if ends_in_word else at, closing, "")

    def _gap(self, start: int, end: int, spaces: str) -> Iterator[Splice]:
        """Let there be so many spaces between two things on one line."""
        now = self._doc.text[start:end]
        if now != spaces and _SPACES.fullmatch(now):
            yield Splice(start, end, spaces)
