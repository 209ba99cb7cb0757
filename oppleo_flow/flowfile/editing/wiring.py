"""Wires: the references of one node's `from`, in its three forms."""

from collections.abc import Iterator

from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.editing.edits import AddSource, ChangeSource, RemoveSource
from oppleo_flow.flowfile.editing.mentions import Rename, nodes_of, sources
from oppleo_flow.flowfile.editing.steps import part
from oppleo_flow.flowfile.editing.values import Data, Path, data_from, text_of
from oppleo_flow.flowfile.editing.working_text import WorkingText, dotted
from oppleo_flow.flowfile.scalars import TRUTHS
from oppleo_flow.immutable import immutable

_USUAL = "in"


@immutable
class Wiring:
    """The wires that end at one node."""

    work: WorkingText
    node: Path

    @staticmethod
    def remove_all_from(work: WorkingText, producer: Path) -> None:
        """Remove every wire that begins at a node, within its flow or subflow."""
        scope, name = producer[:-2], str(producer[-1])
        for node in list(nodes_of(work.data, scope)):
            wiring = Wiring(work, (*scope, "nodes", node))
            while True:
                found = [path for path, ref in wiring._all() if Rename(name, name).of(ref)]
                if not found:
                    break
                wiring._remove(found[0])

    def perform(self, edit: AddSource | RemoveSource | ChangeSource) -> None:
        """Add, remove or change one wire."""
        match edit:
            case AddSource():
                self._add(edit)
            case RemoveSource():
                self._remove(self._find(edit.ref, edit.port))
            case ChangeSource():
                self._change(edit)

    @property
    def _from(self) -> Path:
        return (*self.node, "from")

    def _all(self) -> Iterator[tuple[Path, str]]:
        """Yield where each source of the node stands, and its reference."""
        for path in sources(self.work.data, self._from):
            ref = text_of(part(self.work.data, path))
            if ref:
                yield (path[:-1] if self._is_ref_of_map(path) else path), ref

    def _is_ref_of_map(self, path: Path) -> bool:
        inner = part(self.work.data, path[:-1])
        return path[-1] == "ref" and isinstance(inner, dict) and len(path) > len(self._from)

    def _ports(self) -> dict[str, Data] | None:
        """Return the inputs that `from` names; None when it names none."""
        value = self.work.get(self._from)
        return value if isinstance(value, dict) and "ref" not in value else None

    def _add(self, edit: AddSource) -> None:
        _check(edit.ref, self.work.file)
        source: Data = {"ref": edit.ref, "durable": "true"} if edit.durable else edit.ref
        value, ports = self.work.get(self._from), self._ports()
        if value in (None, ""):
            self.work.put(self._from, source if edit.port is None else {edit.port: source})
            return
        port = edit.port
        if ports is None and port not in (None, _USUAL):
            raise self._refusal(
                f"'from' names no input, so {port!r} cannot be added beside it; "
                "set 'from' whole, with an input for each source"
            )
        if ports is not None and port is None and _USUAL not in ports:
            raise self._refusal(f"'from' names its inputs; say which: {', '.join(ports)}")
        holder = self._from if ports is None else (*self._from, port or _USUAL)
        self._refuse_second(edit.ref, holder)
        self._append(holder, source)

    def _refuse_second(self, ref: str, holder: Path) -> None:
        """Refuse to wire a source to an input a second time."""
        if any(word == ref and path[: len(holder)] == holder for path, word in self._all()):
            raise self._refusal(f"{ref!r} is a source already")

    def _append(self, holder: Path, source: Data) -> None:
        value = self.work.get(holder)
        match value:
            case None | "":
                self.work.put(holder, source)
            case list():
                self.work.add((*holder, len(value)), source, len(value))
            case _:
                self.work.put(holder, [value, source])

    def _remove(self, path: Path) -> None:
        """Remove a source, and the list or input that nothing is left of."""
        while path != self._from:
            whole = self.work.get(path[:-1])
            if isinstance(whole, list | dict) and len(whole) > 1:
                break
            path = path[:-1]
        self.work.drop(path)

    def _change(self, edit: ChangeSource) -> None:
        _check(edit.to, self.work.file)
        path = self._find(edit.ref, edit.port)
        if edit.to != edit.ref:
            depth = len(self._from) + (self._ports() is not None)
            self._refuse_second(edit.to, path[:depth])
        old = self.work.get(path)
        if not isinstance(old, dict):
            ref = data_from(edit.to, old)
            self.work.put(path, {"ref": ref, "durable": "true"} if edit.durable else ref)
            return
        new: dict[str, Data] = {**old, "ref": data_from(edit.to, old["ref"])}
        was = TRUTHS.get((text_of(old.get("durable", "")) or "").lower(), False)
        if edit.durable is not None and edit.durable is not was:
            new["durable"] = "true" if edit.durable else "false"
        self.work.put(path, new)

    def _find(self, ref: str, port: str | None) -> Path:
        """Return where the one source stands that is meant."""
        found = [path for path, word in self._all() if word == ref]
        if port is not None and self._ports() is not None:
            found = [path for path in found if path[len(self._from)] == port]
        elif port not in (None, _USUAL):
            found = []
        if not found:
            at = f" at the input {port!r}" if port else ""
            raise self._refusal(f"{ref!r} is no source{at}")
        if len(found) > 1:
            raise self._refusal(f"{ref!r} is a source at {len(found)} places; say at which input")
        return found[0]

    def _refusal(self, what: str) -> Refused:
        return Refused(f"{self.work.file}: {dotted(self.node)}: {what}")


def _check(ref: str, file: str) -> None:
    if not ref or ref != "".join(ref.split()):
        raise Refused(f"{file}: a reference is one word such as meter.reading, got {ref!r}")
