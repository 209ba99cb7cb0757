"""Have a backup made in a process of its own, with low priority, so that charging never waits."""

import json
import subprocess
import tempfile

from oppleo_flow.child import child_environment, python_module
from oppleo_flow.encoding import decode
from oppleo_flow.errors import StoreError
from oppleo_flow.payloads import BackupMade
from oppleo_flow.store.backup.request import BackupRequest


class BackupChild:
    """A backup that is being made.

    Raises:
        StoreError: The process cannot be started.
    """

    def __init__(self, request: BackupRequest) -> None:
        # What it says may wait in a file: nobody reads it meanwhile.
        self._said = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115  (`close` does)
        try:
            self._process = subprocess.Popen(
                python_module("oppleo_flow.store.backup"),
                env=child_environment(),
                stdin=subprocess.PIPE,
                stdout=self._said,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
            )
            assert self._process.stdin is not None
            with self._process.stdin as pipe:
                pipe.write(request.as_text())
        except OSError as error:
            self._said.close()
            raise StoreError(f"backup: cannot be started: {error.strerror}") from error

    @property
    def pid(self) -> int:
        """Return the number of the process."""
        return self._process.pid

    @property
    def is_done(self) -> bool:
        """Return whether it has come to an end."""
        return self._process.poll() is not None

    def wait(self) -> None:
        """Wait until it has come to an end."""
        self._process.wait()

    def end(self) -> None:
        """End it, if it has not come to an end by itself; the next one tidies up."""
        self._process.kill()
        self._process.wait()
        self._said.close()

    def result(self) -> BackupMade:
        """Return what was made.

        Raises:
            StoreError: It could not be made or copied, or was killed.
        """
        self._said.seek(0)
        lines = self._said.read().strip().splitlines()
        self._said.close()
        code = self._process.returncode
        if code < 0:
            raise StoreError(f"backup: was killed, by signal {-code}")
        if code != 0 or not lines:
            raise StoreError(lines[-1] if lines else f"backup: ended with {code}")
        made = decode(json.loads(lines[-1]), {"BackupMade": BackupMade})
        assert isinstance(made, BackupMade)
        return made
