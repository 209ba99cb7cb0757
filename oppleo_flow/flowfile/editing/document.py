"""A flow's text together with its tree: where each part begins and ends, and in which style."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import Literal

from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.editing.values import Data, Path, data_of
from oppleo_flow.flowfile.editing.writing import Manner
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.mending import split_lines
from oppleo_flow.flowfile.source import parse
from oppleo_flow.flowfile.tree import Entry, Mark, Scalar, Value, YamlList, YamlMap, kind_text
from oppleo_flow.immutable import immutable

Style = Literal["block", "flow", "pair"]
Collection = YamlList | YamlMap
BREAKS = "\r\n\x85\u2028\u2029"
_BANNER = re.compile(r"#.*([-=~*#])\1\1")
_GAP = re.compile(rf"(?:[ \t{BREAKS}]|(?<=[ \t{BREAKS}])#[^{BREAKS}]*)*")
_LEAD = re.compile(r"[ \t]*(?:-[ \t]+)*")


@immutable
class Slot:
    """A part of a map or list, from its key or dash to the end of its content.

    `after` is where its value may stand: behind the colon or the dash; None behind a key that
    has no colon, as `a` in `{a, b: 1}`.
    """

    name: str | int
    key: Scalar | None
    value: Value
    start: int
    after: int | None
    end: int


class Document:
    """The text of a flow that can be read, and its tree.

    Raises:
        Refused: It cannot be read, or is no map.
    """

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.lines = split_lines(text)
        self._starts = [0]
        for line in self.lines:
            self._starts.append(self._starts[-1] + len(line))
        self.newline = _newline(self.lines)
        self.root = self._read()
        self._styles: dict[int, Style] = {}
        self._slots: dict[int, list[Slot]] = {}
        self.scalars: list[tuple[int, int]] = []
        self._steps: dict[type, list[int]] = {YamlMap: [], YamlList: []}
        self._walk(self.root, in_flow=False)
        self.scalars.sort()

    def _read(self) -> YamlMap:
        report = Report(self.file, self.lines)
        root = parse(self.text, report)
        for finding in report.findings():
            if finding.severity == "error":
                raise Refused(f"{finding.headline()}; mend this first")
        if not isinstance(root, YamlMap):
            raise Refused(f"{self.file}: a flow is a map, and here is {kind_text(root)}")
        return root

    @cached_property
    def data(self) -> dict[str, Data]:
        """Return what the text says."""
        return {name: data_of(entry.value) for name, entry in self.root.entries.items()}

    @property
    def manner(self) -> Manner:
        """Return how far the file indents, where it does so for the first time."""
        step = next((step for step in self._steps[YamlMap] if step > 0), 2)
        return Manner(step, next(iter(self._steps[YamlList]), step))

    # -- lines -----------------------------------------------------------------------------------

    def line_of(self, offset: int) -> int:
        """Return the number of the line that a character is in, counted from 0."""
        return max(0, bisect_right(self._starts, offset, hi=len(self.lines)) - 1)

    def start_of(self, line: int) -> int:
        """Return where a line begins; behind the last one, where the text ends."""
        return self._starts[min(line, len(self.lines))]

    def line_start(self, offset: int) -> int:
        """Return where the line of a character begins."""
        return self._starts[self.line_of(offset)]

    def line_end(self, offset: int) -> int:
        """Return where the line of a character ends, before its line break."""
        line = self.line_of(offset)
        return self._starts[line] + len(self.lines[line].rstrip(BREAKS))

    def next_line(self, offset: int) -> int:
        """Return where the line below begins; the end of the text when there is none."""
        return self._starts[self.line_of(offset) + 1]

    def column(self, offset: int) -> int:
        """Return how far a character is from the beginning of its line."""
        return offset - self.line_start(offset)

    def is_blank(self, line: int) -> bool:
        """Return whether a line separates: it is empty, and no part of a text."""
        inside = 0 <= line < len(self.lines) and self.start_of(line) < len(self.text)
        return inside and not self.lines[line].strip() and not self.in_scalar(self.start_of(line))

    def comment_column(self, line: int) -> int | None:
        """Return where the comment of a line begins that has nothing else; None without one."""
        if not 0 <= line < len(self.lines):
            return None
        text = self.lines[line].lstrip(" \t")
        start = self.start_of(line)
        if not text.startswith("#") or self.in_scalar(start):
            return None
        return len(self.lines[line]) - len(text)

    def in_scalar(self, offset: int) -> bool:
        """Return whether a character is inside a text that goes over several lines."""
        at = bisect_right(self.scalars, (offset, len(self.text))) - 1
        return at >= 0 and self.scalars[at][0] < offset <= self.scalars[at][1]

    # -- parts -----------------------------------------------------------------------------------

    def style(self, value: Collection) -> Style:
        """Return how a map or list is written; a pair is the map in `[a: 1]`."""
        return self._styles[id(value)]

    def slots(self, value: Collection) -> list[Slot]:
        """Return the parts of a map or list."""
        return self._slots[id(value)]

    def value_at(self, path: Path) -> Value:
        """Return the part that a path leads to."""
        value: Value = self.root
        for name in path:
            value = self.slot(value, name).value
        return value

    def slots_at(self, path: Path) -> list[Slot]:
        """Return the parts of the map or list that a path leads to."""
        value = self.value_at(path)
        return [] if isinstance(value, Scalar) else self.slots(value)

    def slot(self, value: Value, name: str | int) -> Slot:
        """Return one part of a map or list."""
        if not isinstance(value, Scalar):
            for slot in self.slots(value):
                if slot.name == name:
                    return slot
        raise KeyError(name)

    def end(self, value: Value) -> int:
        """Return where the content of a part ends: before the comments and breaks behind it."""
        if isinstance(value, Scalar):
            return self._scalar_end(value)
        if self.style(value) == "flow":
            return min(value.end.offset, len(self.text))
        slots = self.slots(value)
        return slots[-1].end if slots else value.end.offset

    def raw(self, scalar: Scalar) -> str:
        """Return a scalar as it is written."""
        return self.text[scalar.start.offset : self._scalar_end(scalar)]

    def last_line(self, slot: Slot) -> int:
        """Return the last line of a part, comments below that are indented more included."""
        line = self.line_of(max(slot.start, slot.end - 1))
        column = self.column(slot.start)
        while (self.comment_column(line + 1) or 0) > column:
            line += 1
        return line

    def first_line(self, slot: Slot) -> int:
        """Return the first line of a part, the comment right above it included.

        A comment with a rule in it, such as `# -- meters ---`, heads more than the next part.
        """
        line = self.line_of(slot.start)
        column = self.column(slot.start)
        while self.comment_column(line - 1) == column and not _BANNER.search(self.lines[line - 1]):
            line -= 1
        return line

    def leads_line(self, slot: Slot) -> bool:
        """Return whether nothing but space is before a part on its line.

        Raises:
            Refused: There is something that cannot be kept apart, as the `?` of `? key`.
        """
        before = self.text[self.line_start(slot.start) : slot.start]
        if not _LEAD.fullmatch(before):
            line = self.line_of(slot.start) + 1
            raise Refused(
                f"{self.file}:{line}: {slot.name!r} stands behind {before.strip()!r} and cannot be "
                "edited there; begin a line with it"
            )
        return not before.strip()

    def keeps_breaks(self, slot: Slot) -> bool:
        """Return whether a part ends in a text that the empty lines below it would belong to."""
        at = bisect_right(self.scalars, (slot.end - 1, len(self.text))) - 1
        start, end = self.scalars[at]
        return end >= slot.end and "+" in (block_header(self.text[start:end]) or "")

    def gap_end(self, offset: int) -> int:
        """Return where the spaces, breaks and comments at a place end."""
        found = _GAP.match(self.text, offset)
        return found.end() if found else offset

    # -- walking ---------------------------------------------------------------------------------

    def _walk(self, value: Value, *, in_flow: bool) -> None:
        """Note the style and the parts of every map and list, from the inside out."""
        if isinstance(value, Scalar):
            if not value.empty:
                self.scalars.append((value.start.offset, self._scalar_end(value)))
            return
        opened = self.text[value.start.offset : value.start.offset + 1] in ("{", "[")
        self._styles[id(value)] = "flow" if opened else "pair" if in_flow else "block"
        inside = in_flow or opened
        if isinstance(value, YamlMap):
            for entry in value.entries.values():
                self.scalars.append((entry.key.start.offset, self._scalar_end(entry.key)))
                self._walk(entry.value, in_flow=inside)
            slots = [self._entry_slot(entry) for entry in value.entries.values()]
        else:
            for item in value.items:
                self._walk(item, in_flow=inside)
            slots = list(self._item_slots(value))
        self._slots[id(value)] = slots

    def _entry_slot(self, entry: Entry) -> Slot:
        key_end = self._scalar_end(entry.key)
        colon = self.gap_end(key_end)
        after = colon + 1 if self.text[colon : colon + 1] == ":" else None
        if not isinstance(entry.value, Scalar) and self.style(entry.value) == "block":
            step = self.column(entry.value.start.offset) - self.column(entry.key.start.offset)
            self._steps[type(entry.value)].append(step)
        nothing = isinstance(entry.value, Scalar) and entry.value.empty
        end = (after or key_end) if nothing else self.end(entry.value)
        return Slot(entry.key.text, entry.key, entry.value, entry.key.start.offset, after, end)

    def _item_slots(self, value: YamlList) -> Iterator[Slot]:
        column = self.column(value.start.offset)
        for number, item in enumerate(value.items):
            start = item.start.offset
            if self._styles[id(value)] == "flow":
                yield Slot(number, None, item, start, start, max(start, self.end(item)))
                continue
            dash = value.start.offset if number == 0 else self._dash(item.start, column)
            nothing = isinstance(item, Scalar) and item.empty
            yield Slot(number, None, item, dash, dash + 1, dash + 1 if nothing else self.end(item))

    def _dash(self, mark: Mark, column: int) -> int:
        """Return where the dash of an item is that begins in or below its line."""
        line = self.line_of(mark.offset)
        while self.lines[line][:column].strip() or self.lines[line][column : column + 1] != "-":
            line -= 1
        return self.start_of(line) + column

    def _scalar_end(self, scalar: Scalar) -> int:
        end = min(scalar.end.offset, len(self.text))
        raw = self.text[scalar.start.offset : end]
        header = block_header(raw)
        if header is None:
            return scalar.start.offset + len(raw.rstrip()) if scalar.plain else end
        if "+" in header:
            return end - (2 if raw.endswith("\r\n") else 1 if raw[-1:] in BREAKS else 0)
        lines = split_lines(raw)
        body = [line for line in lines[1:] if line.strip()]
        indent = len(body[0]) - len(body[0].lstrip(" ")) if body else 0
        while lines and len(lines[-1].rstrip(BREAKS)) <= indent and not lines[-1].strip():
            end -= len(lines.pop())
        return end - (len(lines[-1]) - len(lines[-1].rstrip(BREAKS)))


def block_header(raw: str) -> str | None:
    """Return the sign of a block of text, such as `|-`; None when a scalar is no block."""
    found = re.match(r"(?:!secret\s+)?([|>][-+0-9]*)", raw)
    return found[1] if found else None


def _newline(lines: list[str]) -> str:
    """Return how the first line ends that does."""
    for line in lines:
        ending = line[len(line.rstrip("\r\n")) :]
        if ending:
            return ending
    return "\n"
