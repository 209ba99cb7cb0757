"""What broken YAML means: the parser's error as a sentence at the line that is to blame."""

import re
from collections.abc import Sequence
from typing import Literal

import yaml

from oppleo_flow.flowfile.tree import Scalar
from oppleo_flow.immutable import immutable

Repair = Literal["indent", "colon", "cut", "blank"]
_KEYED = re.compile(r"\s*(?:- +)*[^\s:#'\"\[\]{},][^:#]*:\s+\S")
_QUOTE_OR_SPACE = "a value that begins with {!r} needs quotes around it"


@immutable
class Diagnosis:
    """What is wrong with a line, counted from 0, and how the rest can be read all the same."""

    code: str
    line: int
    column: int
    message: str
    repair: Repair


@immutable
class Broken:
    """The parser's error with what a diagnosis may look at; `last` is the scalar before it."""

    problem: str
    context: str
    line: int
    column: int
    context_line: int
    context_column: int
    lines: Sequence[str]
    last: Scalar | None

    @property
    def text(self) -> str:
        """Return the line of the error."""
        return self.lines[self.line] if self.line < len(self.lines) else ""

    @property
    def character(self) -> str:
        """Return the character at the error."""
        return self.text[self.column : self.column + 1]

    def above(self, line: int) -> int | None:
        """Return the nearest line above `line` that says something."""
        for number in range(line - 1, -1, -1):
            if number < len(self.lines) and says_something(self.lines[number]):
                return number
        return None


def diagnose(error: yaml.MarkedYAMLError, lines: Sequence[str], last: Scalar | None) -> Diagnosis:
    """Return what is wrong, at the line that is to blame."""
    at = error.problem_mark or error.context_mark
    context = error.context_mark or at
    broken = Broken(
        problem=error.problem or "",
        context=error.context or "",
        line=min(at.line, len(lines) - 1) if at else 0,
        column=at.column if at else 0,
        context_line=context.line if context else 0,
        context_column=context.column if context else 0,
        lines=lines,
        last=last,
    )
    for rule in _RULES:
        found = rule(broken)
        if found is not None:
            return found
    words = f"{broken.problem} {broken.context}".strip()
    return Diagnosis("yaml-syntax", broken.line, broken.column, f"not YAML: {words}", "cut")


def says_something(line: str) -> bool:
    """Return whether a line is neither empty nor a comment."""
    text = line.strip()
    return bool(text) and not text.startswith("#")


def indent_of(line: str) -> str:
    """Return the white space that a line begins with."""
    return line[: len(line) - len(line.lstrip(" \t"))]


def _tab(broken: Broken) -> Diagnosis | None:
    column = indent_of(broken.text).find("\t")
    if column < 0 and broken.character == "\t":
        column = broken.column
    if column < 0:
        return None
    message = "a tab, where YAML wants spaces; replace it with spaces"
    return Diagnosis("tab", broken.line, column, message, "indent")


def _open_quote(broken: Broken) -> Diagnosis | None:
    """Blame the line where a quote was opened, also when a later quote closed it by accident."""
    line, column = broken.context_line, broken.context_column
    if "quoted scalar" not in broken.context or "escape" in broken.problem:
        last = broken.last
        if last is None or last.plain or not last.start.line < last.end.line == broken.line:
            return None
        line, column = last.start.line, last.start.column
    quote = broken.lines[line][column : column + 1]
    message = f"the {quote} that opens here is not closed; close it on the same line"
    return Diagnosis("yaml-syntax", line, column, message, "cut")


def _escape(broken: Broken) -> Diagnosis | None:
    if "escape" not in broken.problem:
        return None
    escape = broken.text[broken.column : broken.column + 2].rstrip()
    message = f"{escape} means nothing within double quotes; use single quotes"
    return Diagnosis("yaml-syntax", broken.line, broken.column, message, "cut")


def _open_bracket(broken: Broken) -> Diagnosis | None:
    closing = {"sequence": "]", "mapping": "}"}.get(
        broken.context.removeprefix("while parsing a flow ")
    )
    if closing is None:
        return None
    if broken.line == broken.context_line:
        message = f"a comma or {closing!r} is missing here"
        return Diagnosis("yaml-syntax", broken.line, broken.column, message, "cut")
    opening = {"]": "[", "}": "{"}[closing]
    message = f"{opening!r} is not closed; add {closing!r}"
    return Diagnosis("yaml-syntax", broken.context_line, broken.context_column, message, "cut")


def _end(broken: Broken) -> Diagnosis | None:
    """Blame the last line that says something for what is open when the text ends."""
    line = None if broken.text.strip() else broken.above(broken.line)
    if line is None or "document" in broken.problem:
        return None
    column = len(broken.lines[line].rstrip())
    message = "the file ends in the middle of a value; close every [ and {"
    return Diagnosis("yaml-syntax", line, column, message, "cut")


def _two_colons(broken: Broken) -> Diagnosis | None:
    if "mapping values are not allowed" not in broken.problem:
        return None
    if not _KEYED.match(broken.text[: broken.column]):
        return None
    message = "a value with ': ' in it needs quotes around it"
    return Diagnosis("yaml-syntax", broken.line, broken.column, message, "cut")


def _missing_colon(broken: Broken) -> Diagnosis | None:
    """Blame the line that should be a key: it is read together with the line below it."""
    if "could not find expected ':'" in broken.problem:
        line: int | None = broken.context_line
    elif "mapping values are not allowed" in broken.problem:
        line = broken.above(broken.line)
    else:
        return None
    if line is None or _KEYED.match(broken.lines[line]) or broken.lines[line].rstrip()[-1:] == ":":
        return None
    indent = len(indent_of(broken.lines[line]))
    word = broken.lines[line].split("#")[0].removeprefix("- ").split(maxsplit=1)[0]
    message = f"':' is missing after {word!r}; write '{word}: …'"
    return Diagnosis("yaml-syntax", line, indent, message, "colon")


def _too_deep(broken: Broken) -> Diagnosis | None:
    above = broken.above(broken.line)
    if "mapping values are not allowed" not in broken.problem or above is None:
        return None
    message = "indented more than the line above, which has a value already; line the two up"
    return Diagnosis("yaml-syntax", broken.line, len(indent_of(broken.text)), message, "indent")


def _after_quote(broken: Broken) -> Diagnosis | None:
    last = broken.last
    if last is None or last.plain or last.end.line != broken.line:
        return None
    message = "text after the closing quote; put all of the value within the quotes"
    return Diagnosis("yaml-syntax", broken.line, broken.column, message, "cut")


def _wrong_indent(broken: Broken) -> Diagnosis | None:
    if not re.search("expected key|'-' indicator|document start", broken.problem):
        return None
    if broken.text[: broken.column].strip():
        return None
    message = "the indentation fits no line above; line it up with its neighbours"
    return Diagnosis("yaml-syntax", broken.line, broken.column, message, "indent")


def _needs_quotes(broken: Broken) -> Diagnosis | None:
    if "cannot start any token" in broken.problem:
        sign, column = broken.character, broken.column
    elif "an alias" in broken.context or "an anchor" in broken.context:
        sign, column = (
            broken.lines[broken.context_line][broken.context_column],
            broken.context_column,
        )
    else:
        return None
    return Diagnosis("yaml-syntax", broken.line, column, _QUOTE_OR_SPACE.format(sign), "cut")


def _no_value(broken: Broken) -> Diagnosis | None:
    if "node content" not in broken.problem or not broken.character.strip():
        return None
    message = f"{broken.character!r} where a value should be; remove it, or put the value in quotes"
    return Diagnosis("yaml-syntax", broken.line, broken.column, message, "cut")


def _dash(broken: Broken) -> Diagnosis | None:
    if "sequence entries are not allowed" not in broken.problem:
        return None
    message = "a list with '- ' begins on a line of its own; here write [a, b]"
    return Diagnosis("yaml-syntax", broken.line, broken.column, message, "cut")


def _tag(broken: Broken) -> Diagnosis | None:
    if "tag" not in broken.problem and "tag" not in broken.context:
        return None
    message = "this tag is not allowed; only !secret is"
    return Diagnosis("tag", broken.line, broken.context_column, message, "cut")


_RULES = (
    _tab,
    _escape,
    _open_quote,
    _open_bracket,
    _end,
    _two_colons,
    _missing_colon,
    _too_deep,
    _after_quote,
    _wrong_indent,
    _needs_quotes,
    _no_value,
    _dash,
    _tag,
)
