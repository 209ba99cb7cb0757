"""What the last start had checked, so that the next need not check the very same again.

To read and check the settings and the flow takes a third of a start.  What was kept is used only
while everything that the check went by is as it was: the texts, what the command line asked for,
and the program with its libraries.

Nothing is kept of a flow that takes in secrets or the environment, so that neither is written down;
nor at a site with node files or meter profiles of its own, nor of a flow that the check had to warn
of, as of a type that is missing.

The file is as much a part of the program as a node file of the site: who can write it can run code.
"""

import argparse
import hashlib
import io
import json
import logging
import os
import pickle
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pydantic

from oppleo_flow import __version__
from oppleo_flow.cli.chosen import Chosen
from oppleo_flow.cli.folder import SETTINGS
from oppleo_flow.cli.site_config import SiteSettings

_LOG = logging.getLogger(__name__)
_FILE = Path(".oppleo", "checked")
_NODE_FILES = "nodes"
_JUST_NOW_NS = 2_000_000_000
Stamp = list[int] | None


class Recalled:
    """What was kept: the settings, and the flow, whose node types are imported when it is asked."""

    def __init__(self, settings: bytes, chosen: bytes) -> None:
        self.settings: SiteSettings = pickle.loads(settings)
        self._chosen = chosen

    def chosen(self) -> Chosen:
        """Return the flow to run."""
        chosen: Chosen = pickle.loads(self._chosen)
        return chosen


def _unchanging(mapping: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(mapping)


class _Pickler(pickle.Pickler):
    """Refuses a secret, and can write a mapping that does not change, unlike `pickle` itself."""

    def persistent_id(self, thing: object) -> None:
        if isinstance(thing, pydantic.SecretStr | pydantic.SecretBytes):
            raise pickle.PicklingError("a secret is not written down")

    def reducer_override(self, thing: object) -> Any:
        if isinstance(thing, MappingProxyType):
            return _unchanging, (dict(thing),)
        return NotImplemented


class KeptCheck:
    """What a site keeps of it; made before a start reads anything, so that no change is missed."""

    def __init__(self, folder: Path, args: argparse.Namespace) -> None:
        self._folder = folder
        self._file = folder / _FILE
        self._began_ns = time.time_ns()
        self._asked = {
            "program": [__version__, sys.version, pydantic.VERSION, __file__, *sys.path],
            "folder": str(folder),
            "flow": args.flow,
            "variables": args.variables,
            "simulate": args.simulate,
            "strict": args.strict,
            "settings": _digest(folder / SETTINGS),
        }

    def recall(self) -> Recalled | None:
        """Return what was kept; None when there is nothing, or something is not as it was."""
        try:
            digest, _, rest = self._file.read_bytes().partition(b"\n")
        except OSError:
            return None
        if hashlib.sha256(rest).hexdigest().encode() != digest:  # half of it, after a loss of power
            return None
        head, _, body = rest.partition(b"\n")
        went_by = json.loads(head)
        if (
            went_by["asked"] != self._asked
            or any(_digest(Path(file)) != text for file, text in went_by["texts"].items())
            or any(_stamp(file) != stamp for file, stamp in went_by["code"].items())
        ):
            return None
        length = went_by["length"]
        return Recalled(body[:length], body[length:])

    def keep(self, settings: SiteSettings, chosen: Chosen) -> None:
        """Keep what was checked, if it may be."""
        code = self._code()
        may_not = not chosen.repeatable or chosen.only_page or chosen.trouble
        if may_not or self._has_node_files() or self._is_new(code):
            return
        try:
            parts = [_pickled(settings), _pickled(chosen)]
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            _LOG.debug("the next start has to check the flow again: %s", error)
            return
        if pickle.loads(parts[1]) != chosen:  # an option of a type that is not the same again
            return
        went_by = {
            "asked": self._asked,
            "texts": {
                str(self._folder / name): hashlib.sha256(text.encode()).hexdigest()
                for name, text in chosen.flows.files.items()
            },
            "code": code,
            "length": len(parts[0]),
        }
        rest = b"\n".join([json.dumps(went_by).encode(), b"".join(parts)])
        self._write(hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest)

    def _has_node_files(self) -> bool:
        own = self._folder / _NODE_FILES
        return any(own.glob("*.py")) or any(own.glob("meters/*.yaml"))

    def _code(self) -> dict[str, Stamp]:
        """Return the stamps of all files that the program consists of by now."""
        modules = list(sys.modules.items())
        ours = {
            file: _stamp(file)
            for name, module in modules
            if name.partition(".")[0] not in sys.stdlib_module_names
            and (file := getattr(module, "__file__", None)) is not None
        }
        of_site = [str(self._folder / name) for name in (_NODE_FILES, "secrets.yaml")]
        return {**ours, **{file: _stamp(file) for file in of_site}}

    def _is_new(self, code: Mapping[str, Stamp]) -> bool:
        """Return whether a file may have changed since it was imported."""
        newest = max(stamp[0] for stamp in code.values() if stamp is not None)
        return newest > self._began_ns - _JUST_NOW_NS

    def _write(self, data: bytes) -> None:
        draft = self._file.with_suffix(".new")
        try:
            draft.unlink(missing_ok=True)
            draft.touch(mode=0o600)
            draft.write_bytes(data)
            draft.replace(self._file)
        except OSError as error:
            _LOG.debug("the next start has to check the flow again: %s", error)


def _pickled(thing: object) -> bytes:
    written = io.BytesIO()
    _Pickler(written).dump(thing)
    return written.getvalue()


def _stamp(file: str) -> Stamp:
    """Return when a file was changed in any way, and its size; None when it is not there."""
    try:
        found = os.stat(file)  # noqa: PTH116  (of hundreds of files, at every start)
    except OSError:
        return None
    return [found.st_ctime_ns, found.st_size]


def _digest(file: Path) -> str | None:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return None
