"""YAML text → lists, maps and scalars that know where they stand.

PyYAML's C parser does the reading, one event at a time, so that depth and size are checked while
it reads and nothing is ever expanded.  Anchors, aliases, tags, duplicate keys and tabs are
findings.  A line that breaks the syntax is mended and the text parsed again, at most 20 times, so
that one run still finds the rest.
"""

import re
from collections.abc import Callable
from typing import Any

import yaml

from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.mending import Mending, split_lines
from oppleo_flow.flowfile.syntax import diagnose
from oppleo_flow.flowfile.tree import Entry, Mark, Scalar, Text, Value, YamlList, YamlMap

MAX_BYTES = 2_000_000
MAX_DEPTH = 40
MAX_VALUES = 200_000
MAX_PARSES = 20
SECRET_TAG = "!secret"
# What YAML 1.2 (5.1) does not allow.  To name what it does allow takes a hundred times as long.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]"
)
# Takes a third of the time of `Mark(...)`; there are two for each value.
_new_mark = tuple.__new__
_NO_KEY = "a key is plain text; a list or a map cannot be one"


class _StopError(Exception):
    """The text is past a limit and is not read any further."""


def parse(text: str, report: Report) -> Value | None:
    """Return the text as a tree; what is wrong with it goes into `report`.

    None means that nothing is there, or nothing that could be read; in the latter case `report`
    has an error.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        report.error("too-large", Mark(0, 0), too_large(size))
        return None
    mending = Mending(split_lines(_printable(text, report)))
    at = Mark(0, 0)
    for _ in range(MAX_PARSES):
        builder = _Builder(mending, report.text)
        error = builder.read(mending.text)
        if error is None:
            return builder.finish(report)
        found = diagnose(error, mending.lines, builder.last)
        at = Mark(found.line, found.column)
        if not mending.is_consequence(found):
            report.error(found.code, at, found.message)
        mending.mend(found)
    report.error("yaml-syntax", at, "too much is broken above; the rest was not checked")
    return None


def too_large(size: int) -> str:
    """Return what to say of a file of so many bytes."""
    return (
        f"the file is {size / 1e6:.1f} MB, and at most {MAX_BYTES // 1_000_000} MB is read; "
        "split it into several flows"
    )


def _printable(text: str, report: Report) -> str:
    """Return the text with a space for each character that YAML does not allow."""
    text = text.removeprefix("\ufeff")
    if not _UNPRINTABLE.search(text):
        return text
    for number, line in enumerate(split_lines(text)):
        bad = _UNPRINTABLE.search(line)
        if bad is not None:
            message = f"the character U+{ord(bad[0]):04X} cannot stand in a file; remove it"
            report.error("yaml-syntax", Mark(number, bad.start()), message)
    return _UNPRINTABLE.sub(" ", text)


class _Builder:
    """Makes a tree of one text's events."""

    def __init__(self, mending: Mending, text: Text) -> None:
        self.root: Value | None = None
        self.last: Scalar | None = None
        self.found: list[tuple[str, Mark, str]] = []
        self._mending = mending
        self._text = text
        self._open: list[YamlList | YamlMap] = []
        self._keys: list[Scalar | None] = []
        self._values = 0
        self._documents = 0
        self._line = 0
        self._take: dict[type[yaml.Event], Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._begin,
            yaml.SequenceStartEvent: self._begin,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }

    def read(self, text: str) -> yaml.MarkedYAMLError | None:
        """Read all events, up to a limit; return what is wrong with the syntax."""
        take = self._take
        try:
            # Not `yaml.parse`: its generator takes as long as the parser itself.
            next_event = yaml.CSafeLoader(text).get_event
            while (event := next_event()) is not None:
                kind = type(event)
                if kind in take:
                    take[kind](event)
        except _StopError:
            self.root = None
        except yaml.MarkedYAMLError as error:
            return error
        return None

    def finish(self, report: Report) -> Value | None:
        """Report what was found on the way; return the tree."""
        for code, mark, message in self.found:
            report.error(code, mark, message)
        for line, indent in self._mending.blank.items():
            _mark_incomplete(self.root, line, indent)
        return self.root

    def _end(self, event: yaml.CollectionEndEvent) -> None:
        self._open.pop().end = self._mark(event.end_mark)
        self._keys.pop()

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        text, plain = event.value, event.implicit[0]
        scalar = Scalar(text, self._mark(event.start_mark), self._mark(event.end_mark), plain)
        if event.tag is not None or event.anchor is not None:
            tag = self._properties(event)
            scalar.plain = plain or (tag is not None and not _quoted(event))
            scalar.secret = tag == SECRET_TAG
            scalar.unreadable = tag is not None and not scalar.secret
        if not text and scalar.start.line in self._mending.cut:
            scalar.unreadable = True
        self.last = scalar
        if event.style in ("|", ">") and not text.strip():
            self._empty_block(scalar, event.style)
        self._add(scalar)

    def _empty_block(self, scalar: Scalar, sign: str) -> None:
        """Report `when: >5`, which YAML silently reads as an empty text."""
        scalar.unreadable = True
        if scalar.start.line + 1 not in self._mending.touched:
            message = f"{sign!r} begins a block of text and none follows; put the value in quotes"
            self.found.append(("yaml-syntax", scalar.start, message))

    def _begin(self, event: yaml.CollectionStartEvent) -> None:
        start = self._mark(event.start_mark)
        if self._properties(event) == SECRET_TAG:
            message = "!secret is followed by one name, as in !secret prowl_key"
            self.found.append(("tag", start, message))
        made: YamlList | YamlMap = (
            YamlMap({}, start, start)  # its end is not known before it has come
            if isinstance(event, yaml.MappingStartEvent)
            else YamlList([], start, start)
        )
        self._add(made)
        self._open.append(made)
        self._keys.append(None)
        if len(self._open) > MAX_DEPTH:
            message = f"nested more than {MAX_DEPTH} deep; a flow needs about 6"
            self.found.append(("too-deep", start, message))
            raise _StopError

    def _alias(self, event: yaml.AliasEvent) -> None:
        start, end = self._marks(event)
        message = f"the alias *{event.anchor} is not allowed; repeat the value, or use vars"
        self.found.append(("alias", start, message))
        self._add(Scalar("", start, end, unreadable=True))

    def _marks(self, event: yaml.Event) -> tuple[Mark, Mark]:
        """Return where an event begins and ends, in the text as it was before mending."""
        return self._mark(event.start_mark), self._mark(event.end_mark)

    def _mark(self, mark: "yaml.Mark | yaml._yaml.Mark | None") -> Mark:
        if mark is None:
            raise AssertionError("an event of the parser has no place")
        if mark.line != self._line:  # else the number that is there: one less for each mark to keep
            self._line = mark.line
        column = mark.column
        if self._mending.shifts:
            column = max(0, column - self._mending.shifts.get(self._line, 0))
        return _new_mark(Mark, (self._line, column, mark.index, self._text))

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            message = "a second document begins; write it into a file of its own"
            self.found.append(("yaml-syntax", self._marks(event)[0], message))
            raise _StopError

    def _properties(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> str | None:
        """Report an anchor or a foreign tag; return the tag."""
        if event.anchor is not None:
            message = f"the anchor &{event.anchor} is not allowed; repeat the value, or use vars"
            self.found.append(("anchor", self._marks(event)[0], message))
        tag: str | None = event.tag
        if tag is not None and tag != SECRET_TAG:
            shown = tag.replace("tag:yaml.org,2002:", "!!")
            message = f"the tag {shown} is not allowed; only !secret is"
            self.found.append(("tag", self._marks(event)[0], message))
        return tag

    def _add(self, value: Value) -> None:
        """Put a value where it belongs: at the root, into a list, or as a key or value of a map."""
        self._values += 1
        if self._values > MAX_VALUES:
            message = f"more than {MAX_VALUES} values; split the file into several flows"
            self.found.append(("too-large", value.start, message))
            raise _StopError
        if not self._open:
            self.root = value
            return
        into, key = self._open[-1], self._keys[-1]
        if isinstance(into, YamlList):
            into.items.append(value)
        elif key is None:
            self._keys[-1] = self._key(value)
        else:
            self._store(into, key, value)
            self._keys[-1] = None

    def _key(self, value: Value) -> Scalar:
        if isinstance(value, Scalar):
            if value.secret:
                message = "!secret cannot name a key; write the key itself"
                self.found.append(("tag", value.start, message))
            return value
        self.found.append(("yaml-syntax", value.start, _NO_KEY))
        return Scalar("", value.start, value.end, unreadable=True)

    def _store(self, into: YamlMap, key: Scalar, value: Value) -> None:
        first = into.entries.get(key.text)
        if first is not None and not key.unreadable:
            message = (
                f"{key.text!r} stands here a second time, first in line {first.key.start.line + 1};"
                " remove or rename one"
            )
            self.found.append(("duplicate-key", key.start, message))
        elif not key.unreadable:
            into.entries[key.text] = Entry(key, value)


def _quoted(event: yaml.ScalarEvent) -> bool:
    return event.style in ("'", '"', "|", ">")


def _mark_incomplete(root: Value | None, line: int, indent: int) -> None:
    """Mark the value that the lost line was a part of."""
    value = root
    while isinstance(value, YamlMap | YamlList):
        last = _last_before(value, line)
        if isinstance(last, YamlMap | YamlList) and last.start.column <= indent:
            value = last
        elif isinstance(last, Scalar) and last.empty and value.start.column < indent:
            last.unreadable = True
            return
        else:
            break
    if isinstance(value, YamlMap):
        value.incomplete = True


def _last_before(value: YamlMap | YamlList, line: int) -> Value | None:
    """Return the last part of a list or map that begins above a line."""
    if isinstance(value, YamlList):
        parts = [(item.start.line, item) for item in value.items]
    else:
        parts = [(entry.key.start.line, entry.value) for entry in value.entries.values()]
    above = [part for begins, part in parts if begins <= line]
    return above[-1] if above else None
