"""What a backup is asked for, and what came of it."""

import json
from contextlib import suppress
from dataclasses import asdict, field
from datetime import datetime
from pathlib import Path
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

from oppleo_flow.errors import ConfigError
from oppleo_flow.immutable import immutable

SMB: Final = "smb://"
_PORT: Final = 445
DEFAULT_FOLDER: Final = "backups"
DEFAULT_KEEP: Final = 7
Keep = int | Literal["all"]


@immutable
class ShareAddress:
    r"""The address of a folder of a share; `path` is `\\server\share\folder`."""

    text: str
    server: str
    port: int
    path: str

    @classmethod
    def parse(cls, text: str) -> "ShareAddress":
        """Return what an address such as `smb://server/share/folder` means.

        Raises:
            ConfigError: It is none; what may be a password is not repeated.
        """
        if "@" in text:
            raise ConfigError(
                "the address of a share has no user or password in it; give them apart"
            )
        server, port, folders = None, None, []
        with suppress(ValueError):  # of a port that is no number
            split = urlsplit(text)
            folders = [unquote(part) for part in split.path.split("/") if part]
            server, port = split.hostname, split.port
        if server is None or not folders:
            raise ConfigError(
                f"an address such as smb://server/share/folder is needed, got {text!r}"
            )
        return cls(text.rstrip("/"), server, port or _PORT, "\\\\" + "\\".join([server, *folders]))


def check_address(text: str) -> str:
    """Return where a copy is to go, a folder or a share.

    Raises:
        ConfigError: It is a share, and cannot be one.
    """
    if text.startswith(SMB):
        ShareAddress.parse(text)
    elif not text or "://" in text:
        raise ConfigError(f"a folder, or smb://server/share/folder, is needed, got {text!r}")
    return text


@immutable
class Share:
    """How to sign in at a Windows or Samba share."""

    user: str = ""
    password: str = field(default="", repr=False)


@immutable
class BackupRequest:
    """A backup of one site; with a `passphrase` it is encrypted, and has the secrets too.

    `copy_to` are folders, or shares as `smb://server/share/folder`.
    """

    site: Path
    ledger: Path
    charge_point: str
    simulated: bool
    folder: Path
    created_at: datetime
    keep: Keep = DEFAULT_KEEP
    passphrase: str = field(default="", repr=False)
    copy_to: tuple[str, ...] = ()
    share: Share = Share()

    def __post_init__(self) -> None:
        """Refuse what is no address of a share; raises `ConfigError`."""
        for address in self.copy_to:
            check_address(address)

    def as_text(self) -> str:
        """Return it as JSON; it goes to a child by a pipe, for it may hold a passphrase."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def parse(cls, text: str) -> "BackupRequest":
        """Return what `as_text` wrote."""
        facts = json.loads(text)
        return cls(
            **{
                **facts,
                **{name: Path(facts[name]) for name in ("site", "ledger", "folder")},
                "created_at": datetime.fromisoformat(facts["created_at"]),
                "copy_to": tuple(facts["copy_to"]),
                "share": Share(**facts["share"]),
            }
        )
