"""A real Mosquitto on this machine, for the tests; it is installed by `.ci/run`."""

import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
USER, PASSWORD = "flow", "s3cret"


class Mosquitto:
    """One broker on the loopback interface; a context manager."""

    def __init__(self, folder: Path, *, password: bool = False, more: str = "") -> None:
        assert MOSQUITTO, "mosquitto is needed: apt-get install mosquitto"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._config = folder / "mosquitto.conf"
        self._passwords = folder / "passwords"
        lines = [f"listener {self.port} 127.0.0.1", "persistence false", "user root", more]
        if password:
            tool = Path(MOSQUITTO).parent.parent / "bin" / "mosquitto_passwd"
            subprocess.run(
                [tool, "-b", "-c", self._passwords, USER, PASSWORD],
                check=True,
                capture_output=True,
            )
            lines += ["allow_anonymous false", f"password_file {self._passwords}"]
        else:
            lines += ["allow_anonymous true"]
        self._config.write_text("\n".join(lines), encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Mosquitto":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start, and return when it listens."""
        assert MOSQUITTO
        self._process = subprocess.Popen(
            [MOSQUITTO, "-c", self._config], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        said = self._process.stderr
        assert said is not None
        for line in said:
            if b"running" in line:
                return
        raise AssertionError("mosquitto did not start")

    def hold(self) -> None:
        """Let it keep its connections and do nothing, as a machine that lost its network."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it work again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it without a word."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
