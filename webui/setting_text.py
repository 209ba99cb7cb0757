"""Settings as they stand in the text of a file, and that text with some of them changed.

No line changes that need not: a value takes the place of a value, and what was never said is
written where it belongs.
"""

import textwrap
from typing import Final

from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.editing import FlowText, Secret
from oppleo_flow.flowfile.editing.values import Data, Path, data_from, data_of, text_of
from oppleo_flow.flowfile.editing.working_text import WorkingText
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.mending import split_lines
from oppleo_flow.flowfile.scalars import TRUTHS
from oppleo_flow.flowfile.source import parse
from oppleo_flow.flowfile.tree import Entry, Scalar, YamlMap
from webui.setting_fields import Field, Shown

_BYTE_ORDER_MARK: Final = "\ufeff"
_VARIABLE_START: Final = "$("
_ON, _OFF = "on", "off"
_TRUE, _FALSE = "true", "false"


class SettingText:
    """The text of a file with settings: a flow's, or that of the site."""

    def __init__(self, text: str, file: str) -> None:
        self._work = WorkingText(FlowText(text, file))
        self._before = text.removeprefix(_BYTE_ORDER_MARK)
        self._tree = parse(self._before, Report(file, split_lines(self._before)))

    @property
    def text(self) -> str:
        """Return the text as it is now."""
        return self._work.finished.text

    def owner(self, path: Path) -> tuple[Path, str | None]:
        """Return where a value really stands, and by which variable, if it is one."""
        name = self._name_at(path)
        if name and text_of(self._work.get(("vars", name))) is not None:
            return ("vars", name), name
        return path, None

    def parameter(self, path: Path, declared: Path) -> str | None:
        """Return the parameter of a subflow that stands for a value; None: none does.

        `declared` is where the parameters are.
        """
        name = self._name_at(path)
        return name if name and self.is_said((*declared, name)) else None

    def data(self, path: Path) -> Data | None:
        """Return what stands at a path; None where nothing does."""
        return self._work.get(path)

    def _name_at(self, path: Path) -> str:
        """Return the name of what stands for a value, `$(name)`; empty where the value stands."""
        said = text_of(self._work.get(path)) or ""
        name = said[len(_VARIABLE_START) : -1]
        is_one = said.startswith(_VARIABLE_START) and said.endswith(")") and "$" not in name
        return name if is_one else ""

    def is_said(self, path: Path) -> bool:
        """Return whether something stands at a path."""
        return self._work.get(path) is not None

    def shown(self, path: Path, field: Field) -> Shown:
        """Return what stands at a path as a form has it; None where nothing does.

        Of a secret that is its name.  A value that a form could not give back the same is a text.
        """
        data = self._work.get(path)
        if isinstance(data, Secret):
            return data.name
        if data is None or field.kind == "secret":
            return None  # of what should be a secret and stands there as it is, nobody is told
        return self._source(path) if field.kind == "structure" else _as_form(data, field)

    def put(self, path: Path, value: Shown, field: Field) -> None:
        """Let something stand at a path.

        Raises:
            Refused: It cannot be written there.
        """
        self._work.put(path, _as_data(value, field, self._work.get(path)))

    def drop(self, path: Path) -> None:
        """Let nothing stand at a path, nor a map around it that holds nothing else."""
        if self._work.get(path) is not None:
            self._work.drop(path)

    def line_of(self, path: Path) -> int | None:
        """Return the line, from 1, at which a path begins in the text as it was; None: nowhere."""
        entry = self._entry(path)
        return None if entry is None else entry.key.start.line + 1

    def last_line_of(self, path: Path) -> int | None:
        """Return the line, from 1, at which a path ends in the text as it was."""
        entry = self._entry(path)
        return None if entry is None else entry.value.end.line + 1

    def _source(self, path: Path) -> str | None:
        """Return what stands at a path in the text as it was, moved to the margin."""
        entry = self._entry(path)
        if entry is None:
            return None
        start, end = entry.value.start, entry.value.end
        said = self._before[start.offset : end.offset]
        return textwrap.dedent(f"{' ' * start.column}{said}").rstrip()

    def _entry(self, path: Path) -> Entry | None:
        entry, here = None, self._tree
        for name in path:
            entry = here.entries.get(str(name)) if isinstance(here, YamlMap) else None
            if entry is None:
                return None
            here = entry.value
        return entry


def _as_form(data: Data, field: Field) -> Shown:
    if isinstance(data, list):
        return [text_of(one) or "" for one in data]
    said = text_of(data)
    if said is None:
        return None
    if field.kind == "switch":
        return TRUTHS.get(said.lower(), said)
    return [said] if field.kind in ("lines", "choices") else said


def _as_data(value: Shown, field: Field, old: Data | None) -> Data:
    if field.kind == "secret":
        return data_from(Secret(str(value)), old)
    if field.kind == "structure":
        return _from_yaml(str(value), old)
    if isinstance(value, bool):
        words = (_ON, _OFF) if text_of(old) in (_ON, _OFF) else (_TRUE, _FALSE)
        return data_from(words[0] if value else words[1], old)
    return data_from(value, old)


def _from_yaml(text: str, old: Data | None) -> Data:
    """Return what a person wrote as it would stand in the file."""
    report = Report("value", split_lines(f"value:\n{_indented(text)}"))
    tree = parse(f"value:\n{_indented(text)}\n", report)
    if report.has_errors or not isinstance(tree, YamlMap):
        first = next(iter(report.findings()), None)
        raise Refused(first.message if first else "this cannot be read as YAML")
    value = tree.entries["value"].value
    if isinstance(value, Scalar) and value.empty:
        raise Refused("nothing is written here; take it back to its default instead")
    return data_of(value)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.strip("\n").splitlines())
