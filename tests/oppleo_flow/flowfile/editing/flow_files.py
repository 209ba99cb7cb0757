"""Random flow files: what one says, and one of the many texts that say it.

The texts have comments (each a word of its own, so that it can be told which one is lost), odd
spacing and all styles.  Nothing here is taken from what is tested.
"""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

from oppleo_flow.flowfile.editing import Secret

T = TypeVar("T")
Model = Any
Draw = Callable[[st.SearchStrategy[T]], T]

IDS = ("meter", "rfid", "led", "offpeak", "store", "buzzer_2", "n1", "evse_state")
KEYS = ("every", "pin", "text", "on_error", "open", "retry", "then", "to", "uid", "ключ")
WORDS = ("10s", "17", "0412345", "on", "no", "1.10", "/dev/ttyUSB0", "debug", "a-b", "$(tz)")
TEXTS = (
    *WORDS,
    "23:00",
    "12:34:56",
    "",
    "a: b",
    "b #c",
    "#no comment",
    "- item",
    "-",
    "?",
    "é ü 多",
    "it's",
    'say "hi"',
    "[a]",
    "{b: c}",
    "a, b",
    "sat,sun",
    "*/5 * * * *",
    "@x",
    "%5",
    "!secret no",
    "&a",
    "back\\slash",
    "~",
    "null",
    "true",
    "ends with:",
    "two  spaces",
    " leads",
    "trails ",
    "a\tb",
    "two\nlines",
    "ends\nwith a break\n",
    "an\n\nempty line",
    "a long text of many words that is so long that it goes over the line if it is not folded, "
    "and then some",
    "\n",
    "line\u2028separator",
    "bell\x07",
    "\ufeffmark",
    "---",
    "...",
    "# -- banner ---",
)
_PLAIN = re.compile(r"[A-Za-z0-9/$][A-Za-z0-9_./$()-]*")
_BLOCK = re.compile(r"(?:[^\s\x00-\x1f\x7f-\x9f\u2028\ufeff#][ -~é-ü]*\n?)+(?:\n[!-~][ -~]*)?\n*")

leaves = st.one_of(
    st.sampled_from(WORDS), st.sampled_from(TEXTS), st.sampled_from([Secret("key"), Secret("k_2")])
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)
    ),
    max_leaves=5,
)


def references(ids: Sequence[str]) -> st.SearchStrategy[str]:
    ports = st.sampled_from(["", "", ".out", ".error"])
    return st.tuples(st.sampled_from([*ids, "flow.errors"]), ports).map(
        lambda pair: pair[0] if "." in pair[0] else "".join(pair)
    )


def froms(ids: Sequence[str]) -> st.SearchStrategy[Model]:
    """`from:` in all its forms; no source stands twice."""
    ref = references(ids)
    wire = ref | ref.map(lambda r: {"ref": r, "durable": "true"})
    wires = st.lists(wire, min_size=1, max_size=3, unique_by=_ref_of)
    return (
        wire | wires | st.dictionaries(st.sampled_from(["token", "plug", "in"]), wires, min_size=1)
    )


def _ref_of(wire: Model) -> str:
    return wire["ref"] if isinstance(wire, dict) else wire


@st.composite
def nodes(draw: Draw[Any], ids: Sequence[str]) -> Model:
    node: Model = {"type": draw(st.sampled_from(["filter", "debug", "rgb-led"]))}
    if draw(st.booleans()):
        node["from"] = draw(froms(ids))
    node.update(draw(st.dictionaries(st.sampled_from(KEYS), values, max_size=3)))
    return node


@st.composite
def flows(draw: Draw[Any]) -> Model:
    """What a flow says."""
    ids = draw(st.lists(st.sampled_from(IDS), min_size=1, max_size=4, unique=True))
    flow: Model = {"flow": "garage", "format": "1"}
    if draw(st.booleans()):
        flow["doc"] = draw(st.sampled_from(TEXTS))
    if draw(st.booleans()):
        flow["vars"] = draw(st.dictionaries(st.sampled_from(["tz", "price"]), leaves))
    if draw(st.booleans()):
        flow["connections"] = {
            "db": {"type": "postgres", "dsn": draw(leaves)},
            "pins": {"type": "x"},
        }
    flow["nodes"] = {name: draw(nodes(ids)) for name in ids}
    if draw(st.booleans()):
        inner = draw(nodes(["meter", "led"]))
        flow["subflows"] = {"f": {"params": {"p": {"type": "str"}}, "nodes": {"meter": inner}}}
    if draw(st.booleans()):
        flow["tests"] = [{"name": "n", "do": draw(steps(ids))}]
    return flow


def steps(ids: Sequence[str]) -> st.SearchStrategy[Model]:
    name = st.sampled_from([*ids])
    return st.lists(
        st.one_of(
            st.builds(lambda n: {"send": {n: {"uid": "1"}}}, name),
            st.builds(lambda n: {"expect": {n + ".out": {"on": "true"}}}, name),
            st.builds(lambda n: {"expect_none": [n]}, name),
            st.builds(lambda n: {"fail": n}, name),
            st.just({"advance": "10s"}),
        ),
        min_size=1,
        max_size=3,
    )


class Scribe:
    """Writes a model as text, each time in another way."""

    def __init__(self, draw: Draw[Any]) -> None:
        self._draw = draw
        self._comments = 0
        self._text_above = False

    def write(self, flow: Model) -> str:
        lines = [*self._above(0), *self._block(flow, 0), *self._above(0)]
        ending = self._any("\n", "\n", "\r\n")
        text = ending.join(lines) + ending
        cut = text.rstrip("\r\n")
        closed = self._text_above or self._any(True, True, False)
        return self._any("", "", "\ufeff") + (text if closed else cut)

    def _any(self, *choices: T) -> T:
        return self._draw(st.sampled_from(choices))

    # -- comments and empty lines ----------------------------------------------------------------

    def _comment(self) -> str:
        self._comments += 1
        return (
            f"#{self._any(' ', '', ' -- ')}c{self._comments}c{self._any('', ' ---', ': x', ' é')}"
        )

    def _behind(self) -> str:
        return f"{self._any(' ', '  ', '        ')}{self._comment()}" if self._any(0, 0, 1) else ""

    def _above(self, column: int) -> list[str]:
        """Lines that say nothing; below a block of text none that would become part of it."""
        lines = []
        for _ in range(self._any(0, 0, 0, 1, 2)):
            deeper = column if self._text_above else column + 2
            lines.append(self._any("", " " * self._any(0, column, deeper) + self._comment()))
        if self._text_above and self._any(0, 1):
            lines = []
        return lines

    # -- blocks ----------------------------------------------------------------------------------

    def _block(self, data: Model, column: int, *, inline: bool = False) -> list[str]:
        parts = data.items() if isinstance(data, dict) else [(None, item) for item in data]
        lines: list[str] = []
        for key, value in parts:
            if lines or not inline:
                lines += self._above(column)
            sign = "-" if key is None else f"{self._key(key)}{self._any('', '', ' ')}:"
            lines += self._part(sign, value, column)
        return lines

    def _part(self, sign: str, value: Model, column: int) -> list[str]:
        head = " " * column + sign
        self._text_above = False
        if isinstance(value, dict | list) and value and self._any(True, False, True):
            if sign == "-" and self._any(True, False):
                gap = self._any(1, 1, 3)
                inner = self._block(value, column + 1 + gap, inline=True)
                return [head + " " * gap + inner[0].lstrip(" "), *inner[1:]]
            least = 0 if isinstance(value, list) and sign != "-" else 1
            step = self._any(2, 2, max(least, 0), 4)
            return [head + self._behind(), *self._block(value, column + step)]
        if isinstance(value, dict | list) and value and self._any(0, 0, 1):
            return self._tall(head, value, column + 2)
        if isinstance(value, str) and _BLOCK.fullmatch(value) and self._any(True, False):
            return self._text(head, value, column + self._any(1, 2, 4))
        if value == "" and self._any(True, False):
            return [head + self._behind()]
        return [f"{head}{self._any(' ', ' ', '   ')}{self._inline(value)}{self._behind()}"]

    def _tall(self, head: str, value: Model, column: int) -> list[str]:
        """Braces or brackets with a line for each part."""
        is_map = isinstance(value, dict)
        parts = list(value.items() if is_map else ((None, item) for item in value))
        lines = [head + (" {" if is_map else " [") + self._behind()]
        for number, (key, item) in enumerate(parts):
            comma = "," if number + 1 < len(parts) or self._any(True, False) else ""
            sign = "" if key is None else f"{self._key(key)}: "
            lines.append(f"{' ' * column}{sign}{self._inline(item, True)}{comma}{self._behind()}")
        return [*lines, " " * column + ("}" if is_map else "]") + self._behind()]

    def _text(self, head: str, text: str, column: int) -> list[str]:
        self._text_above = True
        sign = self._any("|", ">")
        lines = text.rstrip("\n").split("\n")
        breaks = len(text) - len(text.rstrip("\n"))
        chomp = ("-", "", "+")[min(breaks, 2)]
        if sign == ">":
            lines = [line for number, line in enumerate(lines) for line in _gap(lines, number)]
        body = [" " * column + line if line else "" for line in lines]
        return [f"{head} {sign}{chomp}{self._behind()}", *body, *[""] * (breaks - 1)]

    # -- one line --------------------------------------------------------------------------------

    def _key(self, key: str) -> str:
        return self._any(key, key, key, json.dumps(key, ensure_ascii=False), f"'{key}'")

    def _inline(self, value: Model, in_flow: bool = False) -> str:
        if isinstance(value, Secret):
            return f"!secret {value.name}"
        if isinstance(value, dict):
            sign = self._any(": ", ": ", " : ")
            inner = [f"{self._key(k)}{sign}{self._inline(v, True)}" for k, v in value.items()]
            return self._brackets("{", inner, "}")
        if isinstance(value, list):
            return self._brackets("[", [self._inline(item, True) for item in value], "]")
        if _PLAIN.fullmatch(value) and value not in ("null", "...") and self._any(0, 1, 1):
            return value
        if value.isprintable() and self._any(True, False):
            return "'" + value.replace("'", "''") + "'"
        return json.dumps(value, ensure_ascii=self._any(True, False) or not value.isprintable())

    def _brackets(self, opening: str, inner: list[str], closing: str) -> str:
        edge, comma = self._any("", "", " "), self._any(", ", ", ", ",  ", " , ")
        last = "," if inner and self._any(0, 0, 1) else ""
        return f"{opening}{edge}{comma.join(inner)}{last}{edge}{closing}"


def _gap(lines: list[str], number: int) -> list[str]:
    """What folding makes of a line: a break is written as an empty line."""
    line = lines[number]
    follows_text = number > 0 and lines[number - 1]
    if not line:
        return [""]
    return ["", line] if follows_text else (["", line] if number > 0 else [line])


@st.composite
def texts(draw: Draw[Any], flow: Model) -> str:
    """One of the texts that say what `flow` says."""
    return Scribe(draw).write(flow)
