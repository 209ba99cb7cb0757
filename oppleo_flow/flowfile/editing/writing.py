"""Values as YAML: plain where that is possible, in quotes where it is not, each in its style."""

import re
from collections.abc import Iterator

import yaml

from oppleo_flow.flowfile.editing.values import Data, Path, Quoted, Secret, reads_otherwise
from oppleo_flow.immutable import immutable

WIDTH = 100
_SAFE = re.compile(r"[A-Za-z0-9_/$][A-Za-z0-9_./$+-]*")
_PLAIN = re.compile(
    "[\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*"
)
_BETWEEN_WORDS = re.compile(r"(?<=\S) (?=\S)")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@immutable
class Written:
    """A value as it is written: what follows its key on the same line, and the lines below."""

    head: str
    body: tuple[str, ...] = ()


@immutable
class Manner:
    """How a file is written: spaces per level of a map and of a list below a key.

    The parts of `flat` are on one line each, where they fit.  Without `blocks`, a text of several
    lines is in quotes.
    """

    step: int = 2
    list_step: int = 2
    flat: Path | None = None
    blocks: bool = True


def key_text(key: str) -> str:
    """Return a key as it is written."""
    return key if _is_plain(key, "%s: 1", "{%s: 1}") else quoted(key)


def scalar_text(data: Data, *, in_flow: bool, like: str = "") -> str:
    """Return a scalar on one line; `like` is how the one that it replaces was written.

    Raises:
        TypeError: It is a map or a list.
    """
    match data:
        case Secret():
            return f"!secret {data.name}"
        case str() if _can_be_plain(data, in_flow=in_flow):
            return data
        case Quoted() if like[:1] not in ("'", '"') and not reads_otherwise(data.text):
            if _can_be_plain(data.text, in_flow=in_flow):
                return data.text
            return quoted(data.text)
        case str():
            return quoted(data, like[:1])
        case Quoted():
            return quoted(data.text, like[:1])
        case _:
            raise TypeError(f"no scalar: {data!r}")


def quoted(text: str, like: str = "") -> str:
    """Return a text in quotes, in the same as before if they can hold it."""
    if _PLAIN.fullmatch(text):
        if like == "'":
            return "'" + text.replace("'", "''") + "'"
        if '"' not in text and "\\" not in text:
            return f'"{text}"'
        if like != '"' and "'" not in text:
            return f"'{text}'"
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if _PLAIN.fullmatch(character):
        return character
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def flow_text(data: Data) -> str:
    """Return a value on one line."""
    match data:
        case dict():
            parts = [f"{key_text(key)}: {flow_text(item)}" for key, item in data.items()]
            return "{" + ", ".join(parts) + "}"
        case list():
            return "[" + ", ".join(map(flow_text, data)) + "]"
        case _:
            return scalar_text(data, in_flow=True)


def written(data: Data, path: Path, indent: int, manner: Manner, like: str = "") -> Written:
    """Return a value as it stands in a block, behind its key or dash, which is at `indent`."""
    if isinstance(data, dict | list):
        name = f"{path[-1]}: " if path and isinstance(path[-1], str) else "- "
        inline = flow_text(data)
        alone = stands_alone(path) and path[:-1] != manner.flat
        short = indent + len(name + inline) <= WIDTH and not (manner.blocks and _has_lines(data))
        if not data or (short and not alone):
            return Written(inline)
        return _block(data, path, indent, manner)
    text = data.text if isinstance(data, Quoted) else data
    if manner.blocks and isinstance(text, str) and ("\n" in text or like[:1] in ("|", ">")):
        block = _block_scalar(text, indent + manner.step, ">" if like[:1] == ">" else "|")
        if block is not None:
            return block
    return Written(scalar_text(data, in_flow=False, like=like))


def _has_lines(data: Data) -> bool:
    """Return whether a value has a text of several lines in it."""
    match data:
        case dict():
            return any(map(_has_lines, data.values()))
        case list():
            return any(map(_has_lines, data))
        case Secret():
            return False
        case _:
            return "\n" in (data.text if isinstance(data, Quoted) else data).rstrip("\n")


def stands_alone(path: Path) -> bool:
    """Return whether a map or list has lines of its own, however short it is."""
    match path:
        case (_,) | ("nodes" | "subflows" | "tests", _) | ("subflows", _, "nodes" | "tests"):
            return True
        case ("tests", _, "do", *step) | ("subflows", _, "tests", _, "do", *step):
            return len(step) < 2
        case ("subflows", _, "tests", _):
            return True
        case _:
            return False


def _block(data: Data, path: Path, indent: int, manner: Manner) -> Written:
    behind_key = not path or isinstance(path[-1], str)
    step = manner.list_step if isinstance(data, list) and behind_key else manner.step
    lines = list(block_lines(data, path, indent + (step if behind_key else 2), manner))
    if behind_key:
        return Written("", tuple(lines))
    return Written(lines[0].lstrip(" "), tuple(lines[1:]))


def block_lines(data: Data, path: Path, indent: int, manner: Manner) -> Iterator[str]:
    """Yield the lines of a map or list, each part at `indent`."""
    if isinstance(data, dict):
        for key, item in data.items():
            yield from part_lines(key, item, (*path, key), indent, manner)
    elif isinstance(data, list):
        for number, item in enumerate(data):
            yield from part_lines(number, item, (*path, number), indent, manner)


def part_lines(
    name: str | int, data: Data, path: Path, indent: int, manner: Manner
) -> Iterator[str]:
    """Yield the lines of one part of a block, with its key or dash."""
    made = written(data, path, indent, manner)
    sign = f"{key_text(name)}:" if isinstance(name, str) else "-"
    yield " " * indent + (f"{sign} {made.head}" if made.head else sign)
    yield from made.body


def _block_scalar(text: str, indent: int, sign: str) -> Written | None:
    """Return a text as a block; None when a block cannot say it and quotes must."""
    lines = text.split("\n")
    end = "" if lines[-1] == "" else "-"
    if not end:
        lines.pop()
    if not lines or not all(line.strip() and line[0] != "\t" for line in lines if line):
        return None
    if lines[0][:1] in ("", " ") or not lines[-1] or not all(map(_PLAIN.fullmatch, lines)):
        return None
    if sign == ">":
        if any(line.startswith(" ") for line in lines):
            return _block_scalar(text, indent, "|")
        lines = _folded(lines, WIDTH - indent)
    body = tuple(" " * indent + line if line else "" for line in lines)
    frame = "\n".join([f"k: {sign}{end}", *body, "z: 1", ""])
    return Written(sign + end, body) if ("text", text) in _read(frame) else None


def _folded(lines: list[str], width: int) -> list[str]:
    """Break long lines between words, and put an empty line where the text has a break."""
    result: list[str] = []
    for number, line in enumerate(lines):
        if number and line and lines[number - 1]:
            result.append("")
        if not line:
            result.append("")
            if lines[number - 1]:
                result.append("")
            continue
        result.extend(_wrapped(line, width))
    return result


def _wrapped(line: str, width: int) -> Iterator[str]:
    start = 0
    last: int | None = None
    for gap in _BETWEEN_WORDS.finditer(line):
        if gap.start() - start > width and last is not None:
            yield line[start:last]
            start = last + 1
        last = gap.start()
    if len(line) - start > width and last is not None and last > start:
        yield line[start:last]
        start = last + 1
    yield line[start:]


def _can_be_plain(text: str, *, in_flow: bool) -> bool:
    if in_flow:
        return _is_plain(text, "{k: %s, z: 1}", "[%s, z]")
    return _is_plain(text, "k: %s", "- %s")


def _is_plain(text: str, *frames: str) -> bool:
    """Return whether a text needs no quotes in any of the frames that it may stand in."""
    if _SAFE.fullmatch(text):
        return True
    if not _PLAIN.fullmatch(text) or text != text.strip() or not text:
        return False
    return all(_fits(frame, text) for frame in frames)


def _fits(frame: str, text: str) -> bool:
    """Return whether a frame reads the same with `text` in it as with a word."""
    word = [("plain", text) if event == ("plain", "x") else event for event in _read(frame % "x")]
    return _read(frame % text) == word


def _read(text: str) -> list[tuple[str, str]]:
    """Return what a piece of YAML is made of; nothing when it cannot be read."""
    try:
        events = list(yaml.parse(text, Loader=yaml.CSafeLoader))
    except yaml.YAMLError:
        return []
    return [_shown(event) for event in events]


def _shown(event: yaml.Event) -> tuple[str, str]:
    if not isinstance(event, yaml.ScalarEvent):
        return type(event).__name__, ""
    bare = event.implicit[0] and event.tag is None and event.anchor is None
    return "plain" if bare else "text", event.value
