"""The flow language: YAML text to a checked graph, with every finding at its line."""

from oppleo_flow.flowfile.checker import CheckResult, check_file, check_subflow, check_text
from oppleo_flow.flowfile.findings import Finding
from oppleo_flow.flowfile.graph import Graph, Place
from oppleo_flow.flowfile.secrets import SecretSource, SiteSecrets
from oppleo_flow.flowfile.settings import CheckSettings

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
