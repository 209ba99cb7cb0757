"""Where a flow uses secrets: which option of which node or connection."""

from collections.abc import Iterator

from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.mending import split_lines
from oppleo_flow.flowfile.source import parse
from oppleo_flow.flowfile.tree import Scalar, Value, YamlList, YamlMap
from oppleo_flow.immutable import immutable


@immutable
class SecretUse:
    """A place that takes a secret: `option` is its path, as `nodes.push.key`; `line` from 1."""

    name: str
    file: str
    line: int
    option: str


def secret_uses(text: str, file: str) -> list[SecretUse]:
    """Return where the text of a flow or a subflow takes secrets, also where it has errors."""
    root = parse(text, Report(file, split_lines(text)))
    return list(_uses(root, file, ""))


def _uses(value: Value | None, file: str, path: str) -> Iterator[SecretUse]:
    match value:
        case Scalar(secret=True):
            yield SecretUse(value.text, file, value.start.line + 1, path)
        case YamlList():
            for number, item in enumerate(value.items):
                yield from _uses(item, file, f"{path}[{number}]")
        case YamlMap():
            for name, entry in value.entries.items():
                yield from _uses(entry.value, file, f"{path}.{name}" if path else name)
