"""The small parent process: it watches the runtime, and makes the pins safe when that dies.

Imports the standard library only.  The child tells it on a pipe, one JSON object a line:

    {"beat": true}                the dispatcher is alive; at least every half second
    {"pins": {...}}               what must be driven to a level when the child dies
    {"stalled": "node"}           the dispatcher hangs in this node's handler
    {"status": "..."}             one line for the service manager

When the child dies, or two seconds pass without a beat, the guardian ends it, runs a helper that
drives the pins (a process of its own, with the runtime's own pin driver), counts the crash, and
starts the child again, with the node that stalled in quarantine.  Three crashes within five minutes
are the version's fault: from then on the child is told to run the last one that was good.
"""

import contextlib
import json
import os
import select
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import FrameType

PIPE_VARIABLE = "OPPLEO_GUARDIAN_FD"
CRASHES_VARIABLE = "OPPLEO_CRASHES"
FINAL_EXIT_CODES = (0, 2, 3)
"""How a child ends that must not be started again: done, wrong configuration, refused."""
AGAIN_EXIT_CODE = 4  # of a child that wants to be started anew, as if for the first time
_READ_BYTES = 65536
_LOOK_AGAIN_S = 0.02
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def crashed_before() -> bool:
    """Return, in the runtime, whether this is not the first start under its guardian."""
    return os.environ.get(CRASHES_VARIABLE, "0") != "0"


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run and to watch the runtime.

    `command` starts it; `safe_command` drives pins: the JSON that the child sent as `pins` is
    appended as its last argument.  Without `restarts` the first runtime, a copy of this process, is
    the only one.  Times are in seconds.
    """

    command: Sequence[str]
    safe_command: Sequence[str]
    stall_s: float = 2.0
    start_s: float = 60.0
    stop_s: float = 20.0
    kill_s: float = 5.0
    helper_s: float = 5.0
    restart_first_s: float = 1.0
    restart_last_s: float = 30.0
    healthy_s: float = 60.0
    crashes_of_a_version: int = 3
    crashes_within_s: float = 300.0
    restarts: bool = True


class Copy:
    """A forked process, as far as it is handled as a `subprocess.Popen` is."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return how it ended, negative for a signal; None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Wait until it has ended and return how; raises `TimeoutExpired` when it does not."""
        end = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("the runtime", timeout)
            time.sleep(_LOOK_AGAIN_S)
        return code

    def terminate(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self.poll() is None:  # else its number may be another's by now
            os.kill(self.pid, number)


@dataclass(slots=True)
class Child:
    """A running runtime, and what it has said so far."""

    process: subprocess.Popen[bytes] | Copy
    pipe: int
    started_at: float
    last_beat: float | None = None
    stalled: str | None = None
    silent: bool = False
    ends: bool = False
    rest: bytes = b""

    @property
    def may_end(self) -> bool:
        """Return whether it said that it ends, as a plug-in that ends it does not, or never ran."""
        return self.ends or self.last_beat is None


class Guardian:
    """Runs the runtime until it ends by itself or is asked to end."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._asked_to_stop = False
        self._pins: Mapping[str, object] | None = None
        self._quarantine: list[str] = []
        self._crashes = 0
        self._crashed_at: list[float] = []
        self._first: Child | None = None
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def run(self) -> int:
        """Watch the runtime, restarting it as needed; return the exit code for this process."""
        self._listen_to_signals()
        wait_s = self._settings.restart_first_s
        while True:
            try:
                child, self._first = self._first or self._start(), None
            except OSError as error:
                again = f"; again in {wait_s:.0f} s" if self._crashes else ""
                _say(f"the runtime cannot be started: {error.strerror}{again}")
                if not self._crashes:
                    return 1
            else:
                code = self._watch(child)
                pins = self._make_safe()
                final = code in FINAL_EXIT_CODES or (code >= 0 and not self._settings.restarts)
                if final and (child.may_end or self._asked_to_stop):
                    return code
                if self._asked_to_stop:
                    return 1
                if code == AGAIN_EXIT_CODE and child.ends and self._settings.restarts:
                    _say(f"the runtime is started anew, as it asked for; {pins}")
                    self._crashes, self._crashed_at, self._quarantine = 0, [], []
                    wait_s = self._settings.restart_first_s
                    continue
                self._crashes += 1
                self._crashed_at.append(time.monotonic())
                if time.monotonic() - child.started_at >= self._settings.healthy_s:
                    wait_s = self._settings.restart_first_s
                self._note_crash(child, code, pins, wait_s)
            if not self._settings.restarts or self._pause(wait_s):
                return 1
            wait_s = min(wait_s * 2, self._settings.restart_last_s)

    def _listen_to_signals(self) -> None:
        for number in _SIGNALS:
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """Remember that the guardian was asked to end, and wake it."""
        self._asked_to_stop = True
        os.write(self._wake_write, b"x")

    # -- the child -----------------------------------------------------------------------------

    def fork(self) -> bool:
        """Make the first runtime a copy of this process; return True in the copy, for it to go on.

        It need not start an interpreter, nor import again what both use.  A restart does: who knows
        what went wrong, and which version of the program is installed by then.

        Raises:
            OSError: The system has no room for it now.
        """
        read, write = os.pipe()
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # until each has its own way with them
        try:
            pid = os.fork()
            if pid == 0:
                os.setsid()  # so that Ctrl-C reaches only the guardian
            else:
                self._listen_to_signals()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        if pid == 0:
            for end in (read, self._wake_read, self._wake_write):
                os.close(end)
            os.environ.update(self._told(write))
            return True
        os.close(write)
        os.set_blocking(read, False)
        self._first = Child(Copy(pid), read, time.monotonic())
        return False

    def _start(self) -> Child:
        """Start the runtime in a session of its own, so that Ctrl-C reaches only the guardian.

        Raises:
            OSError: The system has no room for it now, or its program is not there.
        """
        read, write = os.pipe()
        command = list(self._settings.command)
        command += [word for node in self._quarantine for word in ("--quarantine", node)]
        if self._version_is_at_fault():
            command.append("--last-good")
        environment = {**os.environ, **self._told(write)}
        try:
            process = subprocess.Popen(
                command, pass_fds=(write,), env=environment, start_new_session=True
            )
        except OSError:
            os.close(read)
            raise
        finally:
            os.close(write)
        os.set_blocking(read, False)
        return Child(process, read, time.monotonic())

    def _version_is_at_fault(self) -> bool:
        """Return whether there were too many crashes of late."""
        since = time.monotonic() - self._settings.crashes_within_s
        self._crashed_at = [at for at in self._crashed_at if at >= since]
        return len(self._crashed_at) >= self._settings.crashes_of_a_version

    def _told(self, pipe: int) -> dict[str, str]:
        """Return the variables by which the runtime knows its guardian."""
        return {PIPE_VARIABLE: str(pipe), CRASHES_VARIABLE: str(self._crashes)}

    def _watch(self, child: Child) -> int:
        """Listen to the child until it has ended; return its exit code, negative for a signal.

        A child that was told to stop before it could listen for that has stopped well: 0.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(child.pipe, selectors.EVENT_READ)
            selector.register(self._wake_read, selectors.EVENT_READ)
            told_to_stop_at: float | None = None
            while child.process.poll() is None:
                for key, _ in selector.select(timeout=0.25):
                    if key.fd == self._wake_read:
                        os.read(self._wake_read, _READ_BYTES)
                    elif not self._listen(child):
                        selector.unregister(child.pipe)
                if self._asked_to_stop and told_to_stop_at is None:
                    told_to_stop_at = time.monotonic()
                    child.process.terminate()
                if self._overdue(child, told_to_stop_at):
                    self._end(child, told_to_stop_at is not None)
                    break
        self._listen(child)
        os.close(child.pipe)
        code = child.process.returncode
        if told_to_stop_at is not None and code == -signal.SIGTERM:
            return 0
        return -signal.SIGKILL if code is None else code

    def _end(self, child: Child, told_to_stop: bool) -> None:
        """Kill the child; one that hangs in the kernel is not waited for, because of the pins."""
        if told_to_stop:
            _say(f"the runtime did not stop within {self._settings.stop_s:.0f} s and was ended")
        child.silent = not told_to_stop
        child.process.kill()
        try:
            child.process.wait(self._settings.kill_s)
        except subprocess.TimeoutExpired:
            _say(f"the runtime, process {child.process.pid}, was killed but does not end")

    def _overdue(self, child: Child, told_to_stop_at: float | None) -> bool:
        """Return whether the child must be ended: it hangs, or does not stop."""
        now = time.monotonic()
        if told_to_stop_at is not None:
            return now - told_to_stop_at > self._settings.stop_s
        if child.last_beat is None:
            return now - child.started_at > self._settings.start_s
        return now - child.last_beat > self._settings.stall_s

    def _listen(self, child: Child) -> bool:
        """Take in what the child said; return False when it has closed its end."""
        try:
            data = os.read(child.pipe, _READ_BYTES)
        except BlockingIOError:
            return True
        *lines, child.rest = (child.rest + data).split(b"\n")
        for line in lines:
            self._hear(child, line)
        return bool(data)

    def _hear(self, child: Child, line: bytes) -> None:
        try:
            said = json.loads(line)
        except ValueError:
            said = None
        if not isinstance(said, dict):
            _say(f"the runtime said something that is no JSON object, got {line[:80]!r}")
            return
        if "beat" in said:
            child.last_beat = time.monotonic()
            child.stalled = None  # it hung for a moment only
            _notify("WATCHDOG=1")
        if "pins" in said:
            self._pins = said["pins"]
        child.ends = child.ends or "ends" in said
        child.stalled = said.get("stalled", child.stalled)
        if "status" in said:
            _notify(f"READY=1\nSTATUS={said['status']}")

    def _make_safe(self) -> str:
        """Drive the pins to their safe level; return how they are now, in words.

        Also after a clean stop: it costs nothing, and a stop that only believes to be clean does
        not leave a switch closed.
        """
        if self._pins is None:
            return "no pins were in use"
        command = [*self._settings.safe_command, json.dumps(self._pins)]
        if self._drive(command) or self._drive(command):
            return "pins are safe"
        return "THE PINS ARE NOT SAFE"

    def _drive(self, command: Sequence[str]) -> bool:
        """Run the helper that drives the pins; return whether it could."""
        end_s = self._settings.helper_s
        try:
            done = subprocess.run(
                command, timeout=end_s, capture_output=True, check=False, errors="replace"
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            _say(f"THE PINS COULD NOT BE MADE SAFE: {error}")
            return False
        if done.returncode:
            _say(f"THE PINS COULD NOT BE MADE SAFE: {done.stderr.strip()}")
        return done.returncode == 0

    def _note_crash(self, child: Child, code: int, pins: str, wait_s: float) -> None:
        """Say what happened, and put a node that stalled in quarantine."""
        if child.stalled is not None:
            what = f"hung in node {child.stalled!r}"
            if child.stalled not in self._quarantine:
                self._quarantine.append(child.stalled)
        elif child.silent:
            silent_s = self._settings.start_s if child.last_beat is None else self._settings.stall_s
            what = f"gave no sign of life for {silent_s:g} s"
        elif code < 0:
            what = f"was ended by {_signal_name(-code)}"
        else:
            what = f"ended with code {code}"
        again = f", crash {self._crashes}; again in {wait_s:.0f} s"
        _say(f"the runtime {what}; {pins}{again if self._settings.restarts else ''}")

    def _pause(self, seconds: float) -> bool:
        """Wait before the next start; return whether the guardian was asked to end meanwhile."""
        end = time.monotonic() + seconds
        while not self._asked_to_stop and (left := end - time.monotonic()) > 0:
            select.select([self._wake_read], [], [], left)
        return self._asked_to_stop


def _signal_name(number: int) -> str:
    """Return what a signal is called; those for programs' own use have no name."""
    return {one.value: one.name for one in signal.Signals}.get(number, f"signal {number}")


def _say(text: str) -> None:
    """Write one line to the terminal or the journal; what does not take it holds up nothing."""
    line = f"oppleo-flow guardian: {text[:2000]}\n"  # so short that a pipe with room takes it whole
    with contextlib.suppress(OSError):  # it is closed, or nobody is there who reads
        if select.select([], [2], [], 0.5)[1]:
            os.write(2, line.encode())


def _notify(message: str) -> None:
    """Tell the service manager, where there is one, what it wants to know of its unit."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    import socket  # noqa: PLC0415  (most have no service manager, and this process stays small)

    if address.startswith("@"):
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(message.encode(), address)
    except OSError as error:
        _say(f"the service manager cannot be told: {error}")
