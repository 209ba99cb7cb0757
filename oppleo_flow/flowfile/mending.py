"""Getting past a broken line, so that one run still finds what is wrong below it.

The broken line is mended in a copy of the text: moved, cut off behind its key, and as a last
resort left empty.  Nothing mended ever runs: a flow with a finding here has an error.
"""

import re

from oppleo_flow.flowfile.syntax import Diagnosis, indent_of, says_something

_LINE = re.compile(r"[^\r\n\x85\u2028\u2029]*(?:\r\n|[\r\n\x85\u2028\u2029]|$)")
_UP_TO_VALUE = re.compile(r"(\s*(?:- +)*(?:[^\s:#'\"\[\]{},][^:#]*:(?=\s)|-(?=\s)))")


def split_lines(text: str) -> list[str]:
    """Return the lines of a text with their ends, broken where YAML breaks them."""
    return _LINE.findall(text)


class Mending:
    """A copy of a text's lines in which broken ones are mended.

    `touched` are the lines that were mended; `shifts` has the columns that one was moved to the
    right, `cut` those whose value is gone, `blank` those left empty with the indentation they had.
    """

    def __init__(self, lines: list[str]) -> None:
        self.lines = list(lines)
        self.shifts: dict[int, int] = {}
        self.cut: set[int] = set()
        self.blank: dict[int, int] = {}
        self.touched: set[int] = set()
        self._base: dict[int, int] = {}

    @property
    def text(self) -> str:
        """Return the text as it is now."""
        return "".join(self.lines)

    def is_consequence(self, found: Diagnosis) -> bool:
        """Return whether a diagnosis only follows from a line that was mended before.

        It does when the line was mended itself, or continues one whose value is gone.
        """
        return found.line in self.touched or (
            found.code != "tab" and self._broken_above(found.line) is not None
        )

    def _broken_above(self, number: int) -> int | None:
        """Return the indentation of the lost line that this one continues, if it does."""
        above = number - 1
        while above >= 0 and above not in self.blank and not says_something(self.lines[above]):
            above -= 1
        if above not in self.blank and above not in self.cut:
            return None
        base = self._base[above]
        return base if len(indent_of(self.lines[number])) > base else None

    def mend(self, found: Diagnosis) -> None:
        """Change the blamed line so that the parser gets past it."""
        number = found.line
        first_time = number not in self.touched
        self.touched.add(number)
        if number not in self._base:
            base = self._broken_above(number)
            own = len(indent_of(self.lines[number]))
            self._base[number] = own if base is None else base
        if found.repair == "indent" and first_time:
            self._indent_tabs(number) if found.code == "tab" else self._line_up(number)
        elif found.repair == "colon" and first_time:
            self._add_colon(number)
        elif found.repair != "blank" and number not in self.cut and self._cut(number):
            self.cut.add(number)
        else:
            self._blank(number)

    def _indent_tabs(self, first: int) -> None:
        """Turn the tabs of a whole run of lines into spaces, two for each."""
        base = self._depth_below(first)
        outermost = len(indent_of(self.lines[first]).replace(" ", ""))
        number = first
        while number < len(self.lines) and "\t" in indent_of(self.lines[number]):
            tabs = indent_of(self.lines[number]).count("\t")
            self._indent(number, base + 2 * max(0, tabs - outermost))
            self.lines[number] = self.lines[number].replace("\t", " ")
            self.touched.add(number)
            number += 1
        if number == first:
            self.lines[first] = self.lines[first].replace("\t", " ")

    def _line_up(self, number: int) -> None:
        self._indent(number, self._depth_below(number))

    def _depth_below(self, number: int) -> int:
        """Return the indentation that a line would have as the next one of its block."""
        for above in range(number - 1, -1, -1):
            line = self.lines[above]
            if says_something(line):
                return len(indent_of(line)) + (2 if line.rstrip().endswith(":") else 0)
        return 0

    def _indent(self, number: int, spaces: int) -> None:
        line = self.lines[number]
        old = indent_of(line)
        self.shifts[number] = self.shifts.get(number, 0) + spaces - len(old)
        self.lines[number] = " " * spaces + line[len(old) :]

    def _add_colon(self, number: int) -> None:
        line = self.lines[number]
        word = re.match(r"\s*(?:- +)?\S+", line)
        if word is None or line[word.end() :].split("#")[0].strip():
            self.cut.add(number)
        if word is not None:
            self.lines[number] = word[0] + ":" + self._end(number)

    def _cut(self, number: int) -> bool:
        """Cut a line off behind its key; return whether there was one."""
        key = _UP_TO_VALUE.match(self.lines[number])
        if key is None:
            return False
        self.lines[number] = key[0] + self._end(number)
        return True

    def _blank(self, number: int) -> None:
        self.blank[number] = len(indent_of(self.lines[number]))
        self.lines[number] = self._end(number)

    def _end(self, number: int) -> str:
        line = self.lines[number]
        return line[len(line.rstrip("\r\n\x85\u2028\u2029")) :]
