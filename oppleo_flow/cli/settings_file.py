"""The file `oppleo.yaml`: its settings, or what is wrong with it."""

from collections.abc import Sequence
from pathlib import Path

from oppleo_flow.cli.folder import SETTINGS
from oppleo_flow.cli.site_config import SiteSettings
from oppleo_flow.errors import ConfigError
from oppleo_flow.flowfile.findings import Finding, Report
from oppleo_flow.flowfile.mending import split_lines
from oppleo_flow.flowfile.option_check import OptionCheck, Subject
from oppleo_flow.flowfile.reading import read_text
from oppleo_flow.flowfile.source import parse
from oppleo_flow.flowfile.tree import Mark, YamlMap


class SettingsError(ConfigError):
    """`oppleo.yaml` is wrong; `findings` has all of it, the message the first."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        more = len(self.findings) - 1
        rest = f" (and {more} more; `oppleo-flow check` shows all)" if more else ""
        super().__init__(self.findings[0].headline() + rest)


def read_settings(path: Path) -> SiteSettings:
    """Return what an `oppleo.yaml` says.

    Raises:
        SettingsError: Something in it is wrong.
    """
    settings, findings = check_settings(path)
    if settings is None:
        raise SettingsError(findings)
    return settings


def check_settings(path: Path) -> tuple[SiteSettings | None, tuple[Finding, ...]]:
    """Return the settings that a file says, if it is right, and what was found in it."""
    text = read_text(path)
    if isinstance(text, Finding):
        return None, (text,)
    return parse_settings(text, str(path))


def parse_settings(text: str, file: str) -> tuple[SiteSettings | None, tuple[Finding, ...]]:
    """Return the settings that a text says, if it is right, and what was found in it."""
    report = Report(file, split_lines(text))
    root = parse(text, report)
    settings = None
    if isinstance(root, YamlMap):
        settings = OptionCheck(report).check(SiteSettings, root, Subject(root.start, SETTINGS))
    elif not report.has_errors:
        at = root.start if root else Mark(0, 0)
        report.error("wrong-shape", at, "a map of settings is needed here")
    return None if report.has_errors else settings, report.findings()
