"""Where each line of a flow begins when every level is indented by two spaces."""

from dataclasses import dataclass, field

from oppleo_flow.flowfile.editing.document import BREAKS, Document, Slot, block_header
from oppleo_flow.flowfile.tree import Scalar, Value

STEP = 2


@dataclass(slots=True)
class Indenting:
    """The columns of the lines of one document.

    `columns` has for a line the spaces that it loses at its beginning and those that it gets.
    `untouched` are the lines of braces and brackets that go over several lines.
    """

    doc: Document
    columns: dict[int, tuple[int, int]] = field(default_factory=dict)
    untouched: set[int] = field(default_factory=set)
    _open: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    @classmethod
    def of(cls, doc: Document) -> "Indenting":
        """Return the columns of a document."""
        made = cls(doc)
        made._block(doc.root, 0, [])
        made._comments()
        return made

    def _block(self, value: Value, column: int, above: list[tuple[int, int]]) -> None:
        """Place the parts of a map or list that has a line for each."""
        if isinstance(value, Scalar):
            return
        for slot in self.doc.slots(value):
            old = self.doc.column(slot.start)
            line = self.doc.line_of(slot.start)
            levels = [*above, (old, column)]
            if self.doc.leads_line(slot):
                self.columns[line] = (old, column)
            self._open[line] = levels
            self._value(slot, column, levels)

    def _value(self, slot: Slot, column: int, levels: list[tuple[int, int]]) -> None:
        value, line = slot.value, self.doc.line_of(slot.start)
        if isinstance(value, Scalar):
            if not value.empty:
                self._scalar(slot, value, column)
        elif self.doc.style(value) == "block":
            self._block(value, column + STEP, levels)
        else:
            first, last = self.doc.line_of(value.start.offset), self.doc.line_of(slot.end - 1)
            if first != line:
                self.columns[first] = (self._indent(first), column + STEP)
            old, new = self.columns.get(first, (0, 0))
            for below in range(first + 1, last + 1):
                indent = self._indent(below)
                self.columns[below] = (indent, max(0, indent + new - old))
            if first != last:
                self.untouched.update(range(first, last + 1))
        end = self.doc.line_of(slot.end - 1)
        self._open.setdefault(end, levels)

    def _scalar(self, slot: Slot, scalar: Scalar, column: int) -> None:
        """Place the lines of a text below its key or dash."""
        raw = self.doc.raw(scalar)
        first, last = self.doc.line_of(scalar.start.offset), self.doc.line_of(slot.end - 1)
        if first != self.doc.line_of(slot.start):
            self.columns[first] = (self._indent(first), column + STEP)
        header = block_header(raw)
        for line in range(first + 1, last + 1):
            if header is None:
                self.columns[line] = (self._indent(line), column + STEP)
            else:
                self._line_of_block(slot, header, line, column)

    def _line_of_block(self, slot: Slot, header: str, line: int, column: int) -> None:
        """Move a line of a block of text; what is indented more than the others stays so."""
        if header.strip("|>+-"):  # the block says how far it is indented below its key
            old, new = self.doc.column(slot.start), column
        else:
            body = range(self.doc.line_of(slot.value.start.offset) + 1, line + 1)
            told = [self._indent(n) for n in body if self.doc.lines[n].strip()]
            old, new = (told[0] if told else self._indent(line)), column + STEP
        if self._indent(line) >= old:
            self.columns[line] = (old, new)

    def _indent(self, line: int) -> int:
        text = self.doc.lines[line].rstrip(BREAKS)
        return len(text) - len(text.lstrip(" \t"))

    # -- comments --------------------------------------------------------------------------------

    def _comments(self) -> None:
        """Line each comment up with what follows, or else with what it is indented like above."""
        below: tuple[int, int] | None = None
        waiting: list[int] = []
        above: list[tuple[int, int]] = [(0, 0)]
        for line in range(len(self.doc.lines)):
            if self.doc.comment_column(line) is not None and line not in self.columns:
                waiting.append(line)
                continue
            below = self.columns.get(line)
            if below is not None or line in self._open:
                self._place(waiting, above, below)
                waiting = []
            above = self._open.get(line, above)
        self._place(waiting, above, None)

    def _place(
        self, comments: list[int], above: list[tuple[int, int]], below: tuple[int, int] | None
    ) -> None:
        for line in comments:
            column = self.doc.comment_column(line) or 0
            levels = [*above, below] if below is not None else above
            fitting = [level for level in levels if level[0] <= column] or [(0, 0)]
            self.columns[line] = (column, max(fitting, key=lambda level: level[0])[1])
