"""A share of a Windows or Samba server, as a place where backups are kept."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from oppleo_flow.errors import StoreError
from oppleo_flow.store.backup.copying import CopyTarget
from oppleo_flow.store.backup.request import Share, ShareAddress

_TIMEOUT_S = 10
# The statuses of [MS-ERREF] 2.3.1 that an owner can do something about.
_OF_STATUS = {
    0xC000006D: "does not let {user!r} in: the user or the password is wrong",
    0xC0000022: "does not let {user!r} write here",
    0xC00000CC: "has no such share or folder",
    0xC0000034: "has no such share or folder",
    0xC000003A: "has no such share or folder",
    0xC000007F: "its disk is full",
}


class SmbTarget(CopyTarget):
    """A folder of a share, through smbprotocol."""

    def __init__(self, client: Any, address: ShareAddress, cache: dict[str, Any]) -> None:
        self.place = address.text
        self._client = client
        self._path = address.path
        self._how: dict[str, Any] = {"port": address.port, "connection_cache": cache}

    @classmethod
    @contextmanager
    def signed_in(cls, text: str, share: Share) -> Iterator["SmbTarget"]:
        """Give the folder that an address means, signed in at its server.

        Raises:
            ConfigError: It is no address of a share.
            StoreError: The server cannot be reached, or does not let this user in.
        """
        address = ShareAddress.parse(text)
        try:
            import smbclient  # noqa: PLC0415  (few copy to a share)
            from smbprotocol.exceptions import SMBException  # noqa: PLC0415
        except ImportError:
            raise StoreError(
                f"{text}: shares need the package smbprotocol; "
                "install it with `pip install 'oppleo-flow[backup]'`"
            ) from None
        cache: dict[str, Any] = {}
        try:
            smbclient.register_session(
                address.server,
                username=share.user or None,
                password=share.password or None,
                port=address.port,
                connection_timeout=_TIMEOUT_S,
                connection_cache=cache,
            )
            yield cls(smbclient, address, cache)
        except (SMBException, ValueError) as error:
            raise StoreError(f"{text}: {_in_words(error, share)}") from error
        finally:
            smbclient.reset_connection_cache(connection_cache=cache, fail_on_error=False)

    def names(self) -> list[str]:
        """Return the names of the files there."""
        found = self._client.scandir(self._path, **self._how)
        return [entry.name for entry in found if entry.is_file()]

    def writer(self, name: str) -> IO[bytes]:
        """Open a file there to be written anew."""
        return self._open(name, "xb")

    def reader(self, name: str) -> IO[bytes]:
        """Open a file there to be read; the server is asked, nothing is kept here."""
        return self._open(name, "rb")

    def settle(self, file: IO[bytes]) -> None:
        """Send what was written; the server has it on its disk when the file is closed."""
        file.flush()

    def rename(self, name: str, new: str) -> None:
        """Give a file another name."""
        self._client.replace(f"{self._path}\\{name}", f"{self._path}\\{new}", **self._how)

    def remove(self, name: str) -> None:
        """Remove a file."""
        self._client.remove(f"{self._path}\\{name}", **self._how)

    def _open(self, name: str, mode: str) -> IO[bytes]:
        opened: IO[bytes] = self._client.open_file(
            f"{self._path}\\{name}", mode=mode, share_access="r", **self._how
        )
        return opened


def _in_words(error: Exception, share: Share) -> str:
    """Return why a share cannot be used, in words that a user understands."""
    status = int(getattr(error, "ntstatus", 0) or getattr(error, "status", 0))
    if status in _OF_STATUS:
        return _OF_STATUS[status].format(user=share.user)
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    if isinstance(error, ValueError):  # so says who finds nobody at the address
        return "cannot be reached; check the address, and that the machine is on"
    return (str(error).splitlines() or [type(error).__name__])[0]
