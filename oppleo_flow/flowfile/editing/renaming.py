"""A new name for a part, wherever it is mentioned."""

from dataclasses import dataclass

from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.editing import mentions
from oppleo_flow.flowfile.editing.edits import FollowRename
from oppleo_flow.flowfile.editing.mentions import Mentions, Rename, Types, scopes
from oppleo_flow.flowfile.editing.values import Path
from oppleo_flow.flowfile.editing.working_text import WorkingText, dotted


@dataclass(frozen=True, slots=True)
class Renaming:
    """Renames in one text."""

    work: WorkingText
    types: Types

    def rename(self, path: Path, new: str) -> None:
        """Give the part at a path another name here."""
        found = Mentions(keys={path: new})
        old = str(path[-1])
        match path:
            case ("nodes", _):
                self._node(Rename(old, new), found)
                self._node(Rename(old, new, self.work.flow), found)
            case ("subflows", subflow, "nodes", _):
                scope: Path = ("subflows", subflow)
                mentions.in_wires(self.work.data, scope, Rename(old, new), found)
                mentions.in_tests(self.work.data, scope, Rename(old, new), found)
                mentions.inside_instances(self.work.data, str(subflow), Rename(old, new), found)
            case ("connections", _):
                self._connection(Rename(old, new), found)
                self._connection(Rename(old, new, self.work.flow), found)
            case ("vars", _):
                mentions.in_values(self.work.data, old, new, found)
            case ("subflows", _):
                mentions.in_types(self.work.data, old, new, found)
        self.work.respell(found.step)

    def follow(self, edit: FollowRename) -> None:
        """Write the new name of a part of another flow."""
        found = Mentions()
        rename = Rename(edit.old, edit.to, edit.flow)
        if edit.part == "nodes":
            self._node(rename, found)
        else:
            self._connection(rename, found)
        self.work.respell(found.step)

    def _node(self, rename: Rename, found: Mentions) -> None:
        """Find a node of a flow; without the flow's name only the flow itself can mean it."""
        for scope in scopes(self.work.data) if rename.flow else [()]:
            mentions.in_wires(self.work.data, scope, rename, found)
            mentions.in_tests(self.work.data, scope, rename, found)

    def _connection(self, rename: Rename, found: Mentions) -> None:
        doubtful = mentions.in_options(self.work.data, rename, self.types, found)
        if doubtful:
            raise Refused(
                f"{self.work.file}: {dotted(doubtful[0])}: it may name the connection "
                f"{rename.old!r}, and the type of the node is not known; rename it by hand"
            )
