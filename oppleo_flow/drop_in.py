"""The folder of a site's own node files: what is there, what changed, and who imports whom.

Its files are modules of one package, so a file may import a neighbour: `from ._rates import Rate`.
A neighbour that is no node type has a name that begins with `_`.  A file is always read as it is
now: the interpreter's cache tells versions apart by the second, and somebody who edits does not.
"""

import ast
import linecache
import os
import sys
import traceback
import zlib
from collections.abc import Iterator, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

from oppleo_flow.errors import NodeFileError
from oppleo_flow.immutable import immutable

Version = tuple[int, int, int]
"""What tells two versions of a file apart: when it was written, its size, and where it lies."""


class DropInFolder(MetaPathFinder):
    """Finds and imports the files of one folder.

    Of two objects for one folder the later imports all anew; classes of the earlier stay as they
    are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._package = f"oppleo_flow_drop_in_{zlib.crc32(os.fsencode(folder.resolve())):08x}"
        self._versions: dict[Path, Version] = {file: _version(file) for file in self.files()}
        self._open()

    def _open(self) -> None:
        """Let the interpreter find the files here, and nowhere else."""
        for name in [name for name in sys.modules if name.startswith(f"{self._package}.")]:
            del sys.modules[name]
        package = ModuleType(self._package)
        package.__path__ = []
        sys.modules[self._package] = package
        sys.meta_path[:] = [*filter(self._is_another, sys.meta_path), self]

    def _is_another(self, finder: object) -> bool:
        return not (isinstance(finder, DropInFolder) and finder._package == self._package)

    def files(self) -> list[Path]:
        """Return the Python files that are there now; what an editor hides is none of them."""
        return sorted(self.folder.glob("[!.]*.py"))

    def module(self, file: Path) -> str:
        """Return the name of a file's module."""
        return f"{self._package}.{file.stem}"

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module of this folder comes from; the interpreter asks."""
        package, _, stem = fullname.rpartition(".")
        file = self.folder / f"{stem}.py"
        if package != self._package or not file.is_file():
            return None
        return spec_from_file_location(fullname, file, loader=_AsItIs(fullname, file, self))

    def note(self, file: Path) -> None:
        """Note that the version of a file that is there now is about to be imported."""
        self._versions[file] = _version(file)

    # -- what changed --------------------------------------------------------------------------

    def changed(self) -> dict[Path, Version]:
        """Return the files that differ from what was imported, are new, or import such a file.

        A file that was taken away does not count: what it defined goes on.
        """
        files = self.files()
        imports = {file.stem: _neighbours(file) for file in files}
        reached = {file.stem for file in files if self._versions.get(file) != _version(file)}
        found: set[str] = set()
        while reached:
            found |= reached
            reached = {stem for stem, to in imports.items() if to & found} - found
        return {file: _version(file) for file in files if file.stem in found}

    def forget(self, files: Mapping[Path, Version]) -> "Forgotten":
        """Have versions of files imported when they are next asked for, in place of the old.

        Raises:
            NodeFileError: A file is of yet another version by now.
        """
        for file, version in files.items():
            if _version(file) != version:
                raise NodeFileError(f"{file}:1: was changed meanwhile; try again")
            linecache.checkcache(str(file))
        names = [self.module(file) for file in files]
        gone = {name: sys.modules.pop(name) for name in names if name in sys.modules}
        before, self._versions = self._versions, {**self._versions, **files}
        return Forgotten(names, gone, before)

    def bring_back(self, forgotten: "Forgotten") -> None:
        """Undo a `forget`, whatever was imported since."""
        for name in forgotten.names:
            sys.modules.pop(name, None)
        sys.modules.update(forgotten.modules)
        self._versions = forgotten.versions


@immutable
class Forgotten:
    """What is no longer imported: `names` of modules, those that were, and all files' versions."""

    names: Sequence[str]
    modules: Mapping[str, ModuleType]
    versions: dict[Path, Version]


class _AsItIs(SourceFileLoader):
    """Loads a file without the interpreter's cache."""

    def __init__(self, name: str, file: Path, folder: DropInFolder) -> None:
        super().__init__(name, str(file))
        self._file = file
        self._folder = folder

    def path_stats(self, path: str) -> Mapping[str, float]:
        """Say that there is nothing to tell versions apart by, so no cache is read or written."""
        raise OSError(f"{path}: is not cached")

    def exec_module(self, module: ModuleType) -> None:
        """Import the file."""
        self._folder.note(self._file)
        super().exec_module(module)


def place_of(error: BaseException, file: Path) -> str:
    """Return where `error` came up: in `file`, or in a neighbour that it went through last."""
    if isinstance(error, SyntaxError) and error.lineno and _beside(error.filename or "", file):
        return f"{error.filename}:{error.lineno}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if _beside(frame.filename, file):
            return f"{frame.filename}:{frame.lineno}"
    return f"{file}:1"


def _beside(filename: str, file: Path) -> bool:
    return Path(filename).parent == file.parent


def _version(file: Path) -> Version:
    """Return which version of a file is there; one that has just gone is like no other."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def _neighbours(file: Path) -> set[str]:
    """Return which files of its folder a file imports; none when it cannot be read."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return set()
    return {name for node in ast.walk(tree) for name in _imported(node)}


def _imported(node: ast.AST) -> Iterator[str]:
    """Yield the neighbours that `from .name import x` and `from . import name` speak of."""
    if isinstance(node, ast.ImportFrom) and node.level == 1:
        names = [alias.name for alias in node.names] if node.module is None else [node.module]
        yield from (name.partition(".")[0] for name in names)
