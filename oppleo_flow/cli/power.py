"""Starting the machine anew and switching it off, where the system lets this user do so."""

import subprocess
from collections.abc import Sequence
from typing import Final

from oppleo_flow.errors import Refused

REBOOT: Final = ("systemctl", "--no-ask-password", "reboot")
SHUT_DOWN: Final = ("systemctl", "--no-ask-password", "poweroff")
_LONGEST_S: Final = 10.0


def command_machine(command: Sequence[str]) -> None:
    """Run what reboots or switches off the machine.

    Raises:
        Refused: The system does not do it; the message says why, and what to do instead.
    """
    instead = f"at the machine itself run `sudo {' '.join(_by_hand(command))}`"
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            errors="replace",
            timeout=_LONGEST_S,
        )
    except FileNotFoundError:
        raise Refused(f"this machine has no {command[0]!r}; {instead}") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refused(f"{command[0]}: {error}; {instead}") from error
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        why = lines[0] if lines else f"ended with {done.returncode}"
        raise Refused(f"not allowed here: {why}; {instead}")


def _by_hand(command: Sequence[str]) -> list[str]:
    return [word for word in command if word != "--no-ask-password"]
