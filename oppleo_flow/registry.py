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
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn, TypeVar

from oppleo_flow.errors import NodeFileError, UnknownNodeType
from oppleo_flow.node import Actuator, Connection, Node
from oppleo_flow.node_spec import ConnectionSpec, NodeSpec, broken, read_connection, read_node

PACK_GROUP = "oppleo_flow.node_packs"
BUILTIN_PACK = "nodes"
T = TypeVar("T")
_DROP_IN_PACKAGE = "oppleo_flow_drop_in"


@dataclass(frozen=True, slots=True)
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
        self._drop_in = drop_in
        self._lock = threading.RLock()
        for pack in packs:
            self._add_pack(pack)
        if drop_in is not None and drop_in.is_dir() and not _is_pack_folder(drop_in):
            for file in sorted(drop_in.glob("*.py")):
                if not file.name.startswith("_"):
                    module = f"{_DROP_IN_PACKAGE}.{file.stem}"
                    self._add(Source("drop-in", module, file, drop_in=True))

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
        for name in [name for name, source in self._sources.items() if source.drop_in]:
            self._load(name)
        return {file: why for file, why in self.faults.items() if file.parent == self._drop_in}

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
        name = source.file.stem.replace("_", "-")
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
            spec = _import(lambda: _read(_module(source), source), source.file)
        except NodeFileError as error:
            self.faults[source.file] = error
            return
        if isinstance(spec, ConnectionSpec):
            self._connections[name] = spec
        else:
            self._nodes[name] = spec


def _read(module: ModuleType, source: Source) -> NodeSpec | ConnectionSpec:
    """Return what the one node or connection class of a module declares."""
    expected = source.file.stem.replace("_", "-")
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
    except NodeFileError:
        raise
    except (Exception, SystemExit) as error:  # a plug-in's import may fail in any way
        raise NodeFileError(
            f"{file}:{_line(error, file)}: {type(error).__name__}: {error}"
        ) from error


def _module(source: Source) -> ModuleType:
    """Return the imported module of a node file."""
    if not source.drop_in:
        return importlib.import_module(source.module)
    spec = importlib.util.spec_from_file_location(source.module, source.file)
    if spec is None or spec.loader is None:
        raise NodeFileError(f"{source.file}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[source.module] = module
    spec.loader.exec_module(module)
    return module


def _line(error: BaseException, file: Path) -> int:
    """Return the line of `file` at which `error` came up."""
    if isinstance(error, SyntaxError) and error.lineno and error.filename == str(file):
        return error.lineno
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(file)]
    return lines[-1] if lines and lines[-1] is not None else 1


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
