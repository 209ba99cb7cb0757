"""Node type → class: the built-in pack, installed packs and a site's drop-in folder.

A pack is a package with `NODE_PACK = True` in its `__init__.py`, named by an entry point of the
group `oppleo_flow.node_packs`.  The file of a type is its name with underscores, so a type is
found without importing its neighbours.  A drop-in folder is searched last and may not redefine a
type.  A file that cannot be imported is reported with its own line; the rest is there all the same.
"""

import importlib
import importlib.util
import inspect
import pkgutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn, TypeVar

from oppleo_flow.drop_in import DropInFolder, Version, place_of
from oppleo_flow.errors import NodeFileError, UnknownNodeType
from oppleo_flow.immutable import immutable
from oppleo_flow.node import Actuator, Connection, Node
from oppleo_flow.node_spec import ConnectionSpec, NodeSpec, broken, read_connection, read_node

PACK_GROUP = "oppleo_flow.node_packs"
BUILTIN_PACK = "nodes"
T = TypeVar("T")


@immutable
class Source:
    """Where a type's file is, before it is imported."""

    category: str
    module: str
    file: Path
    drop_in: bool


class Registry:
    """The node and connection types that this installation knows.

    Types are imported when first asked for, by whatever thread; `faults` holds the files that
    failed, by file.
    """

    def __init__(self, packs: Sequence[str], drop_in: Path | None = None) -> None:
        self.faults: dict[Path, NodeFileError] = {}
        self._nodes: dict[str, NodeSpec] = {}
        self._connections: dict[str, ConnectionSpec] = {}
        self._sources: dict[str, Source] = {}
        self._loaded: set[str] = set()
        self._lock = threading.RLock()
        for pack in packs:
            self._add_pack(pack)
        self._drop_in: DropInFolder | None = None
        if drop_in is not None and not _is_pack_folder(drop_in):
            self._drop_in = DropInFolder(drop_in)
            for file in self._drop_in.files():
                self._add_drop_in(self._drop_in, file)

    @classmethod
    def installed(cls, drop_in: Path | None = None) -> "Registry":
        """Return the registry of all installed packs; the built-in one needs no installation."""
        named = [point.value for point in entry_points(group=PACK_GROUP)]
        packs = list(dict.fromkeys([BUILTIN_PACK, *named]))
        return cls(packs, drop_in)

    def node(self, type_name: str) -> NodeSpec:
        """Return a node type.

        Raises:
            UnknownNodeType: No pack provides it.
            NodeFileError: Its file cannot be imported or breaks the contract.
        """
        self._load(type_name)
        if type_name not in self._nodes:
            self._raise_unknown(type_name, self._nodes)
        return self._nodes[type_name]

    def connection(self, type_name: str) -> ConnectionSpec:
        """Return a connection type; raises as `node` does."""
        self._load(type_name)
        if type_name not in self._connections:
            self._raise_unknown(type_name, self._connections)
        return self._connections[type_name]

    def nodes(self) -> Mapping[str, NodeSpec]:
        """Return every node type that can be imported, by name."""
        self._load_all()
        return dict(sorted(self._nodes.items()))

    def connections(self) -> Mapping[str, ConnectionSpec]:
        """Return every connection type that can be imported, by name."""
        self._load_all()
        return dict(sorted(self._connections.items()))

    def drop_in_faults(self) -> Mapping[Path, NodeFileError]:
        """Return which files of the drop-in folder cannot be used; no other file is imported."""
        if self._drop_in is None:
            return {}
        for name in [name for name, source in self._sources.items() if source.drop_in]:
            self._load(name)
        folder = self._drop_in.folder
        return {file: why for file, why in self.faults.items() if file.parent == folder}

    def drop_in_files(self) -> Sequence[Path]:
        """Return the files that types of the drop-in folder come from, imported or not."""
        return [source.file for source in self._sources.values() if source.drop_in]

    def refuse(self, file: Path, why: str) -> None:
        """Take a drop-in file for one that cannot be used, without importing it."""
        with self._lock:
            self.faults[file] = NodeFileError(why)
            self._loaded.add(_type_name(file))

    def drop_in(self, file: Path) -> NodeSpec | ConnectionSpec | None:
        """Return what a drop-in file defines; None for a neighbour that is no type.

        Raises:
            NodeFileError: It cannot be imported or breaks the contract.
        """
        name = _type_name(file)
        if self._defines(file):
            self._load(name)
        if file in self.faults:
            raise self.faults[file]
        return self._nodes.get(name) or self._connections.get(name)

    def changed_drop_ins(self) -> Mapping[Path, Version]:
        """Return the drop-in files of which a new version is there, also through what they import.

        Neighbours that are no node types are among them.
        """
        return {} if self._drop_in is None else self._drop_in.changed()

    @contextmanager
    def renewed(self, files: Mapping[Path, Version], *, keep: bool = True) -> Iterator[None]:
        """Import changed drop-in files anew; all is as before if one cannot be, or the body raises.

        Without `keep` it is as before after the body in any case.

        Raises:
            NodeFileError: One cannot be imported or breaks the contract, or has changed once more.
        """
        folder = self._drop_in
        if folder is None:
            raise LookupError("there is no drop-in folder here")
        stands = False
        with self._lock:
            forgotten = folder.forget(files)
            before = (self._nodes, self._connections, self._sources, self._loaded, self.faults)
        try:
            with self._lock:
                self._renew(folder, list(files))
            yield
            stands = keep
        finally:
            if not stands:
                with self._lock:
                    folder.bring_back(forgotten)
                    self._nodes, self._connections, self._sources, self._loaded, self.faults = (
                        before
                    )

    def _renew(self, folder: DropInFolder, files: Sequence[Path]) -> None:
        """Take in files anew, in tables of their own."""
        names = {_type_name(file) for file in files if self._defines(file)}
        self.faults = {file: why for file, why in self.faults.items() if file not in files}
        self._loaded = self._loaded - names
        self._nodes = {n: spec for n, spec in self._nodes.items() if n not in names}
        self._connections = {n: spec for n, spec in self._connections.items() if n not in names}
        self._sources = {n: source for n, source in self._sources.items() if n not in names}
        for file in files:
            self._add_drop_in(folder, file)
            self._load(_type_name(file))
            if file in self.faults:
                raise self.faults[file]

    def _defines(self, file: Path) -> bool:
        """Return whether a type is known to come from this file."""
        source = self._sources.get(_type_name(file))
        return source is not None and source.file == file

    def _add_drop_in(self, folder: DropInFolder, file: Path) -> None:
        if not file.name.startswith("_"):
            self._add(Source("drop-in", folder.module(file), file, drop_in=True))

    def category(self, type_name: str) -> str:
        """Return the palette category of a type: the folder that its file lies in."""
        return self._sources[type_name].category

    def _raise_unknown(self, name: str, known: Mapping[str, Any]) -> NoReturn:
        self._load_all()
        source = self._sources.get(name)
        if source is not None and source.file in self.faults:
            raise self.faults[source.file]
        raise UnknownNodeType(name, known)

    def _add_pack(self, pack: str) -> None:
        """Note the files of a pack; one that is not built in may be broken."""
        try:
            for source in _pack_sources(pack):
                self._add(source)
        except NodeFileError as error:
            if pack == BUILTIN_PACK:
                raise
            self.faults[Path(pack)] = error

    def _add(self, source: Source) -> None:
        name = _type_name(source.file)
        other = self._sources.get(name)
        if other is not None:
            self.faults[source.file] = NodeFileError(
                f"{source.file}: {name!r} is already the node type of {other.file}; rename one"
            )
            return
        self._sources[name] = source

    def _load_all(self) -> None:
        for name in list(self._sources):
            self._load(name)

    def _load(self, name: str) -> None:
        """Import the file of one type, once; keep what it defines or why it could not."""
        with self._lock:
            if name not in self._loaded and name in self._sources:
                self._loaded.add(name)
                self._load_now(name)

    def _load_now(self, name: str) -> None:
        source = self._sources[name]
        try:
            spec = _import(
                lambda: _read(importlib.import_module(source.module), source), source.file
            )
        except NodeFileError as error:
            self.faults[source.file] = error
            return
        if isinstance(spec, ConnectionSpec):
            self._connections[name] = spec
        else:
            self._nodes[name] = spec


def _type_name(file: Path) -> str:
    return file.stem.replace("_", "-")


def _read(module: ModuleType, source: Source) -> NodeSpec | ConnectionSpec:
    """Return what the one node or connection class of a module declares."""
    expected = _type_name(source.file)
    classes = list(_own_classes(module))
    types = [cls for cls in classes if "type_name" in vars(cls)]
    if not types:
        if classes:
            raise broken(classes[-1], f"type_name: a hyphenated name is needed, {expected!r} here")
        raise NodeFileError(f"{source.file}:1: no class here derives from Node")
    if len(types) > 1:
        raise broken(types[1], f"{types[0].__name__} is a type already; a file has one")
    if types[0].type_name != expected:
        raise broken(
            types[0],
            f"type_name is {types[0].type_name!r}; the file's name makes it {expected!r}",
        )
    return read_connection(types[0]) if issubclass(types[0], Connection) else read_node(types[0])


def _own_classes(module: ModuleType) -> Iterator[Any]:
    """Yield the node and connection classes that a module defines itself."""
    for thing in dict.fromkeys(filter(inspect.isclass, vars(module).values())):
        if (
            issubclass(thing, Node | Connection)
            and thing not in (Node, Actuator, Connection)
            and thing.__module__ == module.__name__
        ):
            yield thing


def _import(load: Callable[[], T], file: Path) -> T:
    """Import a file by `load`; whatever goes wrong inside becomes a `NodeFileError` at its line."""
    try:
        return load()
    except (NodeFileError, KeyboardInterrupt):  # the latter is the user's, who has waited enough
        raise
    except BaseException as error:  # a plug-in's import may fail in any way
        raise NodeFileError(f"{place_of(error, file)}: {type(error).__name__}: {error}") from error


def _is_pack_folder(folder: Path) -> bool:
    """Return whether a folder is an importable pack, not a drop-in folder."""
    marker = folder / "__init__.py"
    return marker.is_file() and "NODE_PACK" in marker.read_text(encoding="utf-8")


def _pack_sources(pack: str) -> Iterator[Source]:
    """Yield the node files of an installed pack, by category.

    Raises:
        NodeFileError: There is no package of that name, it cannot be imported, or it is no pack.
    """
    found = importlib.util.find_spec(pack)
    if found is None:
        raise NodeFileError(f"node pack {pack!r}: there is no package of this name")
    place = Path(found.origin or next(iter(found.submodule_search_locations or ()), pack))
    package = _import(lambda: importlib.import_module(pack), place)
    if not getattr(package, "NODE_PACK", False):
        raise NodeFileError(
            f"{place}: not a node pack; another package named {pack!r} is in the way, "
            "start with the console script `oppleo-flow` in its own environment"
        )
    for folder in pkgutil.iter_modules(package.__path__):
        if not folder.ispkg:
            continue
        module = f"{pack}.{folder.name}"
        for root in package.__path__:
            for file in sorted((Path(root) / folder.name).glob("*.py")):
                if not file.name.startswith("_"):
                    yield Source(folder.name, f"{module}.{file.stem}", file, drop_in=False)
