"""Changing one secret in the text of a `secrets.yaml`; comments, order and other lines stay."""

import json

from oppleo_flow.errors import ConfigError, Refused
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.mending import split_lines
from oppleo_flow.flowfile.secrets import SECRET_NAME, secrets_in
from oppleo_flow.flowfile.source import parse
from oppleo_flow.flowfile.tree import Scalar, YamlMap


def with_secret(text: str, name: str, value: str | None, file: str) -> str:
    """Return a text in which a secret has a value, or is not there any more.

    Raises:
        ConfigError: The text is wrong already, or the name cannot be one.
        Refused: It cannot be changed safely.
    """
    if not SECRET_NAME.fullmatch(name):
        raise ConfigError(
            f"a secret's name begins with a letter, then letters, digits, _ and -, got {name!r}"
        )
    before = _values(text, file)
    wanted = {key: old for key, old in before.items() if key != name}
    if value is not None:
        wanted[name] = value
    changed = _changed(text, name, value, file)
    try:
        after = _values(changed, file)
    except ConfigError:
        after = {}
    if after != wanted:
        raise Refused(f"{file}: cannot be changed safely; change it with an editor")
    return changed


def _changed(text: str, name: str, value: str | None, file: str) -> str:
    root = parse(text, Report(file, split_lines(text), show_source=False))
    if isinstance(root, YamlMap) and text[root.start.offset : root.start.offset + 1] == "{":
        raise Refused(f"{file}: is written in braces; write one `name: value` on each line first")
    entry = root.entries.get(name) if isinstance(root, YamlMap) else None
    # In double quotes JSON is YAML; no value can then be taken for something else.
    written = "" if value is None else json.dumps(value, ensure_ascii=False)
    if entry is None:
        if value is None:
            raise Refused(f"{file}: there is no secret {name!r}")
        gap = "" if not text or text.endswith("\n") else "\n"
        return f"{text}{gap}{name}: {written}\n"
    assert isinstance(entry.value, Scalar)
    if value is None:
        first, last = entry.key.start, entry.value.end
        begin = first.offset - first.column
        if last.column == 0 and last.line > first.line:  # a block ends where the next line begins
            return text[:begin] + text[last.offset :]
        end = text.find("\n", last.offset)
        return text[:begin] + (text[end + 1 :] if end >= 0 else "")
    if entry.value.empty:
        colon = text.index(":", entry.key.end.offset) + 1
        return f"{text[:colon]} {written}{text[colon:]}"
    rest = text[entry.value.end.offset :]
    if entry.value.end.column == 0 and entry.value.end.line > entry.value.start.line:
        rest = f"\n{rest}"
    return f"{text[: entry.value.start.offset]}{written}{rest}"


def _values(text: str, file: str) -> dict[str, str]:
    report = Report(file, split_lines(text), show_source=False)
    found = {name: value.get_secret_value() for name, value in secrets_in(text, report).items()}
    if report.has_errors:
        raise ConfigError(report.findings()[0].headline())
    return found
