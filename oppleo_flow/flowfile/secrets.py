"""`!secret name`: from `secrets.yaml`, the environment or systemd.  Never printed."""

import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

from oppleo_flow.flowfile.findings import Finding, Report
from oppleo_flow.flowfile.source import MAX_BYTES, parse, too_large
from oppleo_flow.flowfile.tree import Mark, Scalar, Value, YamlList, YamlMap

SECRET_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


class SecretSource(Protocol):
    """Where the values of secrets come from."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return what is wrong with the source itself."""
        ...

    def get(self, name: str) -> SecretStr | None:
        """Return a secret; None when there is none of that name."""
        ...

    def remedy(self, name: str) -> str:
        """Return how to add a secret that is missing."""
        ...


class SiteSecrets:
    """The secrets of a site.

    A secret comes from the first of these that has it: the site's `secrets.yaml`, the environment's
    `OPPLEO_SECRET_<NAME>`, systemd's `$CREDENTIALS_DIRECTORY/<name>`.

    `given` is told the name and value of each that is got, so that it can be kept out of sight.
    The file is read when it is first needed.  One that others may read is refused as a whole.
    """

    def __init__(
        self,
        file: Path,
        environ: Mapping[str, str],
        given: Callable[[str, str], object] = lambda *_: None,
    ) -> None:
        self._file = file
        self._environ = environ
        self._given = given
        self._read: tuple[dict[str, SecretStr], tuple[Finding, ...]] | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return what is wrong with `secrets.yaml`; its lines are never shown."""
        return self._contents()[1]

    def get(self, name: str) -> SecretStr | None:
        """Return a secret; None when there is none of that name."""
        found = self._contents()[0].get(name)
        if found is None:
            text = self._environ.get(_variable(name)) or self._credential(name)
            found = SecretStr(text) if text else None
        if found is not None:
            self._given(name, found.get_secret_value())
        return found

    @property
    def names(self) -> list[str]:
        """Return the names of those that `secrets.yaml` has."""
        return list(self._contents()[0])

    def source_of(self, name: str) -> str | None:
        """Return where the value of a secret comes from; None when there is none."""
        if name in self._contents()[0]:
            return self._file.name
        if self._environ.get(_variable(name)):
            return f"${_variable(name)}"
        return "systemd" if self._credential(name) else None

    def remedy(self, name: str) -> str:
        """Return how to add a secret that is missing."""
        return f"add '{name}: …' to {self._file}, or set {_variable(name)}"

    def _credential(self, name: str) -> str | None:
        folder = self._environ.get("CREDENTIALS_DIRECTORY")
        if not folder:
            return None
        try:
            return (Path(folder) / name).read_text(encoding="utf-8").removesuffix("\n")
        except (OSError, UnicodeDecodeError):
            return None

    def _contents(self) -> tuple[dict[str, SecretStr], tuple[Finding, ...]]:
        if self._read is None:
            self._read = _read(self._file)
        return self._read


def _variable(name: str) -> str:
    return f"OPPLEO_SECRET_{name.upper().replace('-', '_')}"


def _read(file: Path) -> tuple[dict[str, SecretStr], tuple[Finding, ...]]:
    """Return the secrets of a file, and what is wrong with it."""
    report = Report(str(file), (), show_source=False)
    found: dict[str, SecretStr] = {}
    try:
        with file.open("rb") as opened:
            mode = stat.S_IMODE(file.stat().st_mode)
            data = b"" if mode & 0o077 else opened.read(MAX_BYTES + 1)
        text = data.decode("utf-8")
    except FileNotFoundError:
        return found, ()
    except OSError as error:
        report.error("unreadable-file", Mark(0, 0), f"cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        report.error("not-utf8", Mark(0, 0), "not UTF-8 text; save it as UTF-8")
    else:
        if mode & 0o077:
            message = f"others can read this file (mode {mode:04o}); run: chmod 600 {file}"
            report.error("secrets-mode", Mark(0, 0), message)
        elif len(data) > MAX_BYTES:
            report.error("too-large", Mark(0, 0), too_large(file.stat().st_size))
        else:
            found = secrets_in(text, report)
    return found, report.findings()


def secrets_in(text: str, report: Report) -> dict[str, SecretStr]:
    """Return the secrets of a file's text."""
    root = parse(text, report)
    if root is None:
        return {}
    if not isinstance(root, YamlMap):
        report.error("wrong-shape", root.start, "a map of names and secrets is needed here")
        return {}
    found: dict[str, SecretStr] = {}
    for name, entry in root.entries.items():
        if not SECRET_NAME.fullmatch(name):
            message = "a secret's name is letters, digits, _ and -; rename it"
            report.error("bad-id", entry.key.start, message)
        elif not isinstance(entry.value, Scalar) or entry.value.secret:
            report.error(
                "wrong-shape", entry.value.start, f"{name!r} is not plain text; write text"
            )
        elif entry.value.text and not entry.value.unreadable:
            found[name] = SecretStr(entry.value.text)
    return found


class SecretFill:
    """Puts the values of secrets into a flow; `used` has the values, so that none is printed."""

    def __init__(self, source: SecretSource | None, report: Report) -> None:
        self.used: dict[str, str] = {}
        self._source = source
        self._report = report
        if source is not None:
            report.add(source.findings)

    def fill(self, value: Value | None, node: str | None = None) -> None:
        """Give every `!secret` of `value` its value, in place."""
        match value:
            case Scalar(secret=True):
                self._resolve(value, node)
            case YamlList():
                for item in value.items:
                    self.fill(item, node)
            case YamlMap():
                for entry in value.entries.values():
                    self.fill(entry.value, node)

    def _resolve(self, scalar: Scalar, node: str | None) -> None:
        name = scalar.text
        if not SECRET_NAME.fullmatch(name):
            message = f"a secret's name is letters, digits, _ and -, got {name!r}; rename it"
            self._report.error("missing-secret", scalar.start, message, node)
        elif self._source is None:
            message = f"there is no secret {name!r}: nothing here has secrets; name secrets.yaml"
            self._report.error("missing-secret", scalar.start, message, node)
        else:
            scalar.hidden = self._source.get(name)
            if scalar.hidden is not None:
                self.used[name] = scalar.hidden.get_secret_value()
                return
            if not self._source.findings:
                message = f"there is no secret {name!r}; {self._source.remedy(name)}"
                self._report.error("missing-secret", scalar.start, message, node)
        scalar.unreadable = True
