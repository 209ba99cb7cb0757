"""The flow language: YAML text to a checked graph, with every finding at its line.

The names below are looked up when first used: the engine needs the graph, and not what makes it.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oppleo_flow.flowfile.checker import CheckResult, check_file, check_subflow, check_text
    from oppleo_flow.flowfile.findings import Finding
    from oppleo_flow.flowfile.graph import Graph, Place
    from oppleo_flow.flowfile.secrets import SecretSource, SiteSecrets
    from oppleo_flow.flowfile.settings import CheckSettings

_LATER = {
    "CheckResult": "checker",
    "CheckSettings": "settings",
    "Finding": "findings",
    "Graph": "graph",
    "Place": "graph",
    "SecretSource": "secrets",
    "SiteSecrets": "secrets",
    "check_file": "checker",
    "check_subflow": "checker",
    "check_text": "checker",
}

__all__ = [
    "CheckResult",
    "CheckSettings",
    "Finding",
    "Graph",
    "Place",
    "SecretSource",
    "SiteSecrets",
    "check_file",
    "check_subflow",
    "check_text",
]


def __getattr__(name: str) -> Any:
    """Return a public name, importing its module now."""
    if name not in _LATER:
        raise AttributeError(f"module 'oppleo_flow.flowfile' has no attribute {name!r}")
    return getattr(importlib.import_module(f"oppleo_flow.flowfile.{_LATER[name]}"), name)
