"""Which flow files a command line means, and what checking each of them needs."""

import argparse
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from oppleo_flow.cli.command import UsageError
from oppleo_flow.cli.folder import SETTINGS, site_folder
from oppleo_flow.cli.site import Site
from oppleo_flow.flowfile import (
    CheckResult,
    CheckSettings,
    Finding,
    SecretSource,
    SiteSecrets,
    check_file,
    check_subflow,
    check_text,
)
from oppleo_flow.flowfile.cases import WorldWords
from oppleo_flow.flowfile.files import is_subflow
from oppleo_flow.immutable import immutable
from oppleo_flow.redaction import Redaction
from oppleo_flow.registry import Registry

SECRETS = "secrets.yaml"


class WatchedEnvironment(Mapping[str, str]):
    """An environment that notes whether anything in it was asked for."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.asked = False

    def __getitem__(self, name: str) -> str:
        self.asked = True
        return self._environ[name]

    def __iter__(self) -> Iterator[str]:
        self.asked = True
        return iter(self._environ)

    def __len__(self) -> int:
        self.asked = True
        return len(self._environ)


@immutable
class Surroundings:
    """Where a flow lies: the folder of its site, with the node types and secrets there."""

    folder: Path
    registry: Registry
    settings: CheckSettings
    environment: WatchedEnvironment
    redaction: Redaction

    @classmethod
    def of(
        cls,
        folder: Path,
        variables: Mapping[str, str],
        *,
        simulate: bool = False,
        placeholders: bool = False,
        secrets: SecretSource | None = None,
        redaction: Redaction | None = None,
    ) -> "Surroundings":
        """Return what a flow in `folder` may use.

        With `placeholders` a node whose type is not there is a warning, not an error; `secrets`
        are those of the site if nothing else is said, and `redaction` learns their values.
        """
        environment = WatchedEnvironment(os.environ)
        redaction = redaction or Redaction()
        settings = CheckSettings(
            variables=variables,
            environ=environment,
            secrets=secrets or SiteSecrets(folder / SECRETS, environment, redaction.learn),
            simulate=simulate,
            placeholders=placeholders,
            world_words=_world_words,
            site_names=lambda kind: _site_names(folder, kind),
        )
        return cls(folder, Registry.installed(folder / "nodes"), settings, environment, redaction)

    def check(self, file: Path) -> CheckResult:
        """Check a flow with all that it leads to, or a shared subflow for itself."""
        checked = check_subflow if is_subflow(file) else check_file
        return checked(file, self.registry, self.settings)

    def check_now(self, text: str, file: Path, texts: Mapping[str, str]) -> CheckResult:
        """Check a text as `check_text` does, with secrets as they are now.

        `texts` take the place of what the files of those names contain.
        """
        own = self.folder / SECRETS
        secrets = SiteSecrets(own, self.settings.environ, self.redaction.learn)
        settings = replace(self.settings, secrets=secrets, texts=texts)
        return check_text(text, str(file), self.registry, settings)

    def check_text(self, text: str, file: Path) -> CheckResult:
        """Check the text of a flow file."""
        return check_text(text, str(file), self.registry, self.settings)


def mistaken(result: CheckResult) -> list[Finding]:
    """Return as errors what a check lets pass: variables that the command line sets in vain."""
    unused = [finding for finding in result.warnings if finding.code == "unused-variable"]
    return [replace(finding, severity="error") for finding in unused]


def _site_names(folder: Path, kind: str) -> Collection[str] | None:
    """Return the names that a site has of a kind, such as calendars; None where it says nothing.

    `meters` are the profiles beside its node files, all else is a key of `oppleo.yaml`.
    """
    # Not at the top: only a flow that names one of them needs it.
    if kind == "meters":
        from oppleo_flow.devices.profile_files import own_profiles  # noqa: PLC0415

        return own_profiles(folder / "nodes")
    from oppleo_flow.cli.settings_file import check_settings  # noqa: PLC0415

    file = folder / SETTINGS
    settings = check_settings(file)[0] if file.is_file() else None
    if settings is None:
        return None
    names: Collection[str] = getattr(settings, kind)
    return names


def _world_words() -> WorldWords:
    # Not at the top: only flows with tests need it, and it costs start-up time.
    from oppleo_flow.simulator.levers import world_words  # noqa: PLC0415

    return world_words()


def add_target(parser: argparse.ArgumentParser) -> None:
    """Add the argument that names a flow or a site."""
    parser.add_argument(
        "target",
        metavar="SITE|FILE",
        nargs="?",
        help="a site folder or one flow file (default: $OPPLEO_SITE, else this folder)",
    )


def variables_of(words: Sequence[str], command: str) -> dict[str, str]:
    """Return the variables that a command line sets.

    Raises:
        UsageError: One has no name or no `=`.
    """
    found = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not (name and sign):
            raise UsageError(f"--set: NAME=VALUE is needed, got {word!r}", command)
        found[name] = value
    return found


def is_file(target: str | None) -> bool:
    """Return whether a target is one flow, not a site."""
    if target is None or target.endswith((".yaml", ".yml")):
        return target is not None
    return Path(target).exists() and not Path(target).is_dir()


def folder_of(flow: Path) -> Path:
    """Return the site folder that a flow file lies in; without one, the file's own folder."""
    for folder in flow.absolute().parents[:2]:
        if (folder / SETTINGS).is_file():
            return folder
    return flow.absolute().parent


def flow_of(target: str | None) -> tuple[Path, Path]:
    """Return the folder and the flow file that a target means; of a site the one that it runs."""
    if target is not None and is_file(target):
        return folder_of(Path(target)), Path(target)
    folder = site_folder(target)
    return folder, Site.load(folder).flow
