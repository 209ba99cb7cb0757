"""A library's own code on simulated modules: a private copy that imports stand-ins."""

import builtins
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any


def load_copy(file: Path, stand_ins: Mapping[str, Any]) -> ModuleType:
    """Return a new module made from `file`, for which `stand_ins` are what it imports.

    Only this copy sees them: `sys.modules` stays as it is, so a real device beside a simulated one
    keeps its real modules.  `import a.b` asks for `a.b` and is given what stands for `a`.

    Raises:
        ImportError: It is no Python file.
    """
    spec = importlib.util.spec_from_file_location(f"simulated_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file}: not a Python file")
    module = importlib.util.module_from_spec(spec)

    def import_(name: str, *args: Any) -> Any:
        return stand_ins[name] if name in stand_ins else builtins.__import__(name, *args)

    vars(module)["__builtins__"] = {**vars(builtins), "__import__": import_}
    spec.loader.exec_module(module)
    return module
