"""A new name for a part, wherever it is mentioned."""

from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.editing import mentions
from oppleo_flow.flowfile.editing.edits import FollowRename
from oppleo_flow.flowfile.editing.mentions import Mentions, Rename, Types, scopes
from oppleo_flow.flowfile.editing.values import Path
from oppleo_flow.flowfile.editing.working_text import WorkingText, dotted
from oppleo_flow.immutable import immutable


@immutable
class Renaming:
    """Renames in one text."""

    work: WorkingText
    types: Types

    def rename(self, path: Path, new: str) -> None:
        """Give the part at a path another name here."""
        data, found = self.work.data, Mentions(keys={path: new})
        rename = Rename(str(path[-1]), new)
        of_own = Rename(rename.old, new, self.work.flow)
        match path:
            case ("nodes", _):
                self._node(rename, found)
                self._node(of_own, found)
            case ("connections", _):
                self._connection(rename, found)
                self._connection(of_own, found)
            case ("vars", _):
                mentions.in_values(data, (), rename.old, new, found)
            case ("subflows", _):
                mentions.in_types(data, rename.old, new, found)
            case ("subflows", str(subflow), "nodes", _):
                scope: Path = ("subflows", subflow)
                mentions.in_wires(data, scope, rename, found)
                mentions.in_tests(data, scope, rename, found)
                mentions.inside_instances(data, subflow, of_own, found)
            case ("subflows", str(subflow), "params", _):
                mentions.in_values(data, ("subflows", subflow), rename.old, new, found)
                mentions.in_arguments(data, subflow, rename.old, new, found)
        self.work.respell(found.step)

    def follow(self, edit: FollowRename) -> None:
        """Write the new name of a part of another file."""
        found = Mentions()
        rename = Rename(edit.old, edit.to, edit.file)
        match edit.part:
            case "nodes":
                self._node(rename, found)
            case "connections":
                self._connection(rename, found)
            case "inside" if self.work.get(("subflows", edit.file)) is None:
                own = Rename(edit.old, edit.to, self.work.flow)
                mentions.inside_instances(self.work.data, edit.file, own, found)
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
