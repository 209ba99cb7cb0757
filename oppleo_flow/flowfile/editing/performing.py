"""What each edit does to a working text."""

import re

from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.editing.edits import (
    AddPart,
    AddSource,
    ChangeSource,
    DeletePart,
    Edit,
    FollowRename,
    MovePart,
    RemoveSource,
    RenamePart,
    Restore,
    SetDisabled,
    SetOption,
    Together,
    UnsetOption,
)
from oppleo_flow.flowfile.editing.mentions import Types
from oppleo_flow.flowfile.editing.renaming import Renaming
from oppleo_flow.flowfile.editing.steps import names_in
from oppleo_flow.flowfile.editing.values import Data, Path, data_from
from oppleo_flow.flowfile.editing.wiring import Wiring
from oppleo_flow.flowfile.editing.working_text import WorkingText, dotted
from oppleo_flow.flowfile.shape import RESERVED_IDS, SECTIONS
from oppleo_flow.flowfile.subflows import SHARED_SECTIONS
from oppleo_flow.flowfile.suggest import hint
from oppleo_flow.immutable import immutable

_PARTS = ("nodes", "connections", "vars", "subflows")
_ID = re.compile(r"[a-z][a-z0-9_]*")
_SUBFLOW = re.compile(r"[a-z][a-z0-9_-]*")


@immutable
class Performer:
    """Does edits to one text."""

    work: WorkingText
    types: Types

    def perform(self, edit: Edit) -> None:
        """Do one edit.

        Raises:
            Refused: It cannot be done here; the message says why.
        """
        match edit:
            case SetOption():
                self._set(edit)
            case UnsetOption(path=path):
                self._need(path)
                self.work.drop(path)
            case AddPart():
                self._add(edit)
            case DeletePart():
                self._delete(edit)
            case RenamePart():
                self._rename(edit)
            case FollowRename():
                Renaming(self.work, self.types).follow(edit)
            case MovePart():
                self._move(edit)
            case AddSource() | RemoveSource() | ChangeSource():
                self._need((*edit.node, "type"))
                Wiring(self.work, edit.node).perform(edit)
            case SetDisabled():
                self._disable(edit)
            case Restore():
                raise self._refusal("an undo cannot be done together with other edits")
            case Together(edits=edits):
                for one in edits:
                    self.perform(one)

    # -- options ---------------------------------------------------------------------------------

    def _set(self, edit: SetOption) -> None:
        path = edit.path
        self._need_owner(path)
        self.work.put(path, data_from(edit.value, self.work.get(path)))

    def _need_owner(self, path: Path) -> None:
        """Refuse to set an option of what is not there."""
        owner = part_of(path)
        if not owner:
            raise self._missing(path)
        if owner[0] not in self._sections:
            advice = hint(str(owner[0]), self._sections, what="it has")
            raise self._refusal(f"{owner[0]!r} is not a part of a flow{advice}")
        is_new_variable = owner == path and owner[0] == "vars"
        if len(owner) > 1 and not is_new_variable:
            self._need(owner)

    def _disable(self, edit: SetDisabled) -> None:
        self._need((*edit.node, "type"))
        path = (*edit.node, "disabled")
        if edit.disabled:
            self.work.put(path, "true")
        elif self.work.get(path) is not None:
            self.work.drop(path)

    # -- parts -----------------------------------------------------------------------------------

    def _add(self, edit: AddPart) -> None:
        path, value = edit.path, data_from(edit.value)
        self._check_owner_of(path)
        if isinstance(path[-1], int):
            self._add_item(path, path[-1], value)
            return
        if self.work.get(path) is not None:
            raise self._refusal(f"there is a {dotted(path)} already; choose another name")
        self._check_name(path)
        if edit.after is None and edit.before is None:
            self.work.put(path, value)
        else:
            self.work.add(path, value, self._index(path, edit.after, edit.before))

    def _add_item(self, path: Path, index: int, value: Data) -> None:
        items = self.work.get(path[:-1])
        if items in (None, ""):
            items = []
        if not isinstance(items, list) or not 0 <= index <= len(items):
            raise self._missing(path)
        if self.work.get(path[:-1]) is None:
            self.work.put(path[:-1], [value])
        else:
            self.work.add(path, value, index)

    def _delete(self, edit: DeletePart) -> None:
        self._need(edit.path)
        if edit.unwire:
            if node_scope(edit.path) is None:
                raise self._refusal(f"{dotted(edit.path)}: only a node has wires")
            Wiring.remove_all_from(self.work, edit.path)
        self.work.drop(edit.path)

    def _rename(self, edit: RenamePart) -> None:
        path, new = edit.path, (*edit.path[:-1], edit.to)
        self._need(path)
        if new == path:
            return
        if part_of(path) != path or len(path) < 2:
            raise self._refusal(
                f"{dotted(path)}: only a node, a connection, a variable, a subflow and a parameter "
                "of one have names that others use"
            )
        if self.work.get(new) is not None:
            raise self._refusal(f"there is a {dotted(new)} already; choose another name")
        self._check_name(new)
        Renaming(self.work, self.types).rename(path, edit.to)

    def _move(self, edit: MovePart) -> None:
        self._need(edit.path)
        if edit.path[-1] in (edit.after, edit.before):
            raise self._refusal(f"{dotted(edit.path)} cannot be moved beside itself")
        self.work.shift(edit.path, self._index(edit.path, edit.after, edit.before))

    def _index(self, path: Path, after: str | int | None, before: str | int | None) -> int:
        """Return the number that a part gets beside another, counted without the part itself."""
        anchor = after if before is None else before
        if anchor is None or (after is not None and before is not None):
            raise self._refusal(f"{dotted(path)}: 'after' or 'before' is needed, one of them")
        self._need((*path[:-1], anchor))
        others = [name for name in names_in(self.work.get(path[:-1])) if name != path[-1]]
        return others.index(anchor) + (before is None)

    # -- what must be there ----------------------------------------------------------------------

    def _need(self, path: Path) -> None:
        if not path or self.work.get(path) is None:
            raise self._missing(path)

    def _check_owner_of(self, path: Path) -> None:
        owner = part_of(path[:-1])
        if len(owner) > 1:
            self._need(owner)
        elif not owner or owner[0] not in self._sections:
            raise self._missing(path)

    @property
    def _sections(self) -> tuple[str, ...]:
        """Return what a file of this kind is made of."""
        return SHARED_SECTIONS if "subflow" in self.work.data else SECTIONS

    def _missing(self, path: Path) -> Refused:
        """Return the refusal that says which of the names on a path is not there."""
        if not path:
            return self._refusal("an edit needs a path to what it changes")
        known = 0
        while known < len(path) - 1 and self.work.get(path[: known + 1]) is not None:
            known += 1
        where = f" in {dotted(path[:known])}" if known else ""
        names = [n for n in names_in(self.work.get(path[:known])) if isinstance(n, str)]
        advice = hint(str(path[known]), names, what="it has") if names else ""
        return self._refusal(f"there is no {path[known]!r}{where}{advice}")

    def _check_name(self, path: Path) -> None:
        """Refuse a name that a part cannot have."""
        if part_of(path) != path or len(path) < 2:
            return
        name = str(path[-1])
        pattern = _SUBFLOW if path[-2] == "subflows" else _ID
        if not pattern.fullmatch(name) or (path[-2] == "nodes" and name in RESERVED_IDS):
            raise self._refusal(
                f"a name is small letters, digits and _, and neither 'flow' nor 'in', got {name!r}"
            )

    def _refusal(self, why: str) -> Refused:
        return Refused(f"{self.work.file}: {why}")


def part_of(path: Path) -> Path:
    """Return the node, connection, variable, subflow or parameter that a path is in."""
    match path:
        case ("subflows", name, "nodes" | "params" as section, inner, *_):
            return ("subflows", name, section, inner)
        case (section, name, *_) if section in _PARTS:
            return (section, name)
        case _:
            return path[:1]


def node_scope(path: Path) -> Path | None:
    """Return the flow or subflow that a path to a node leads through; None for another path."""
    match path:
        case ("nodes", _):
            return ()
        case ("subflows", name, "nodes", _):
            return ("subflows", name)
        case _:
            return None
