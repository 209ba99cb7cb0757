"""What the page can do to the program, and to the machine that it runs on."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol


class Machine(Protocol):
    """The program, its site's files and the machine around it.  Legal from any thread.

    `folder` is the site's, `log_file` the newest file of its log; `ledger` is the database, and
    `simulated` says whether it is that of a simulation.
    """

    folder: Path
    log_file: Path
    ledger: Path
    simulated: bool

    def versions(self) -> Mapping[str, str]:
        """Return the versions of what runs, by name."""
        ...

    def restart(self) -> None:
        """Start the program anew, after what is being answered.

        Raises:
            Refused: It would not start again.
        """
        ...

    def reboot(self) -> None:
        """Start the machine anew.

        Raises:
            Refused: The system does not allow it; the message says what to do instead.
        """
        ...

    def shut_down(self) -> None:
        """Switch the machine off; raises as `reboot` does."""
        ...

    def restore(self, backup: Path, passphrase: str) -> None:
        """Put a backup in the place of this site, and start anew with it.

        Raises:
            Refused: It cannot be done now, or it is encrypted and there is no passphrase.
            StoreError: It is damaged, the passphrase is another, or the disk does not take it.
        """
        ...

    def newest_version(self) -> str:
        """Ask the package index for the newest version.

        Raises:
            Refused: The site does not allow it, or nobody answers.
        """
        ...

    def licences(self) -> Sequence[Mapping[str, str]]:
        """Return what this program is made with: name, version and licence of each."""
        ...

    def diagnosis(self) -> Sequence[Mapping[str, str]]:
        """Return what `oppleo-flow doctor` says of the site.

        Raises:
            Refused: It takes too long.
        """
        ...
