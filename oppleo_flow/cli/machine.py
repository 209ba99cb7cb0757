"""The program and the machine around it, for the page."""

import json
import platform
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import oppleo_flow
from oppleo_flow.child import child_environment, python_module
from oppleo_flow.cli import power
from oppleo_flow.cli.newest import newest_version
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.wanted_restore import want
from oppleo_flow.errors import Refused
from oppleo_flow.store.backup.preparing import prepare_in_child
from oppleo_flow.store.backup.reading import is_encrypted
from oppleo_flow.store.revision import HEAD

_PACKAGE: Final = "oppleo-flow"
_ANSWERED_S: Final = 0.5  # so that who asked for it hears that it is done
_LONGEST_S: Final = 60.0


class SiteMachine:
    """Implements `webui.machine.Machine`; `start_anew` ends this run so that another begins.

    It is None where nobody would begin another.  A look at the site may take `longest_s`.
    """

    def __init__(
        self,
        site: Site,
        log_file: Path,
        start_anew: Callable[[], None] | None,
        *,
        longest_s: float = _LONGEST_S,
    ) -> None:
        self.folder = site.folder
        self.log_file = log_file
        self.ledger = site.ledger
        self.simulated = site.simulate
        self._site = site
        self._start_anew = start_anew
        self._longest_s = longest_s

    def versions(self) -> Mapping[str, str]:
        """Return the versions of what runs, by name."""
        return {
            "oppleo-flow": oppleo_flow.__version__,
            "Python": platform.python_version(),
            "ledger": HEAD,
            "system": f"{platform.system()} {platform.release()} ({platform.machine()})",
        }

    def restart(self) -> None:
        """Start the program anew, if its settings and flow have no error by now.

        Raises:
            Refused: They have, that takes too long to find out, or nobody would start it again.
        """
        start_anew = self._startable()
        self._check()
        # Later, and not by the thread that answers: it would wait for itself.
        threading.Timer(_ANSWERED_S, start_anew).start()

    def reboot(self) -> None:
        """Start the machine anew; raises `Refused` where the system does not allow it."""
        power.command_machine(power.REBOOT)

    def shut_down(self) -> None:
        """Switch the machine off; raises `Refused` where the system does not allow it."""
        power.command_machine(power.SHUT_DOWN)

    def restore(self, backup: Path, passphrase: str) -> None:
        """Put a backup in the place of this site, and start anew with it.

        Raises:
            Refused: It is encrypted and there is no passphrase, or nobody would start the program
                again.
            StoreError: It is damaged, the passphrase is another, or the disk does not take it.
        """
        start_anew = self._startable()
        if is_encrypted(backup) and not passphrase:
            raise Refused(f"{backup.name}: is encrypted; its passphrase is needed")
        prepare_in_child(backup, passphrase, self.folder)
        want(self.folder, backup)
        threading.Timer(_ANSWERED_S, start_anew).start()

    def newest_version(self) -> str:
        """Ask the package index for the newest version.

        Raises:
            Refused: The settings do not allow it, or nobody answers.
        """
        if not self._site.settings.web.update_check:
            raise Refused("the settings do not allow it; set web.update_check in oppleo.yaml")
        return newest_version(_PACKAGE)

    def licences(self) -> Sequence[Mapping[str, str]]:
        """Return what this program is made with, by name."""
        names = [line.partition(";")[0] for line in metadata.requires(_PACKAGE) or ()]
        found = {_name(text): text for text in names}
        return [one for name in sorted(found) if (one := _licence(name)) is not None]

    def diagnosis(self) -> Sequence[Mapping[str, str]]:
        """Return what `oppleo-flow doctor` says of the site, in a process of its own.

        Raises:
            Refused: It takes too long.
        """
        done = self._run("doctor", str(self.folder), "--json")
        found: list[Mapping[str, str]] = json.loads(done.stdout or "[]")
        return found

    def _startable(self) -> Callable[[], None]:
        if self._start_anew is None:
            raise Refused("nobody would start the program again; start it with `oppleo-flow run`")
        return self._start_anew

    def _check(self) -> None:
        done = self._run("check", str(self.folder))
        if done.returncode != 0:
            lines = (done.stdout + done.stderr).strip().splitlines()
            first = lines[0] if lines else f"ended with {done.returncode}"
            raise Refused(f"it would not start again: {first}")

    def _run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        try:
            return subprocess.run(
                python_module("oppleo_flow", *arguments),
                env=child_environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                encoding="utf-8",
                timeout=self._longest_s,
            )
        except subprocess.TimeoutExpired as error:
            raise Refused(
                f"`{_PACKAGE} {arguments[0]}` takes longer than {self._longest_s:g} s; "
                "the machine is busy, try again later"
            ) from error


def _name(requirement: str) -> str:
    """Return the name in a requirement such as `bottle>=0.13; extra == "x"`."""
    end = next((n for n, letter in enumerate(requirement) if letter in " <>=!~[("), None)
    return requirement[:end].strip()


def _licence(name: str) -> Mapping[str, str] | None:
    """Return a package as it describes itself; None where it is not installed."""
    try:
        told: Any = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    classified = [
        line.rpartition("::")[2].strip()
        for line in told.get_all("Classifier") or ()
        if line.startswith("License ::")
    ]
    text = told.get("License-Expression") or ", ".join(classified) or told.get("License") or ""
    first = next(iter(text.strip().splitlines()), "")
    return {"name": name, "version": told["Version"], "licence": first}
