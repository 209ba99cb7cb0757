"""A real server of one share, BACKUPS, in a process of its own: `python smb_server.py FOLDER`.

It lets in the user `pi` with the password `raspberry`, and says on which port it listens.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER, PASSWORD, SHARE = "pi", "raspberry", "BACKUPS"


@contextmanager
def shared(folder: Path) -> Iterator[str]:
    """Share a folder; give the address of the share."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", __file__, str(folder)], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            yield f"smb://127.0.0.1:{server.stdout.readline().strip()}/{SHARE}"
        finally:
            server.terminate()


def serve(folder: str) -> None:
    """Share a folder until ended."""
    from impacket import nt_errors, smbserver  # noqa: PLC0415  (only the child needs it)
    from impacket.ntlm import compute_lmhash, compute_nthash  # noqa: PLC0415

    # Windows and Samba say so of a file that is not there; this server has another word for it.
    smbserver.STATUS_NO_SUCH_FILE = nt_errors.STATUS_OBJECT_NAME_NOT_FOUND
    server = smbserver.SimpleSMBServer(listenAddress="127.0.0.1", listenPort=0)
    server.addShare(SHARE, folder, "", readOnly="no")
    server.setSMB2Support(True)
    server.addCredential(USER, 0, compute_lmhash(PASSWORD), compute_nthash(PASSWORD))
    port = server.getServer().server_address[1]
    print(port, flush=True)  # noqa: T201
    server.start()


if __name__ == "__main__":
    serve(sys.argv[1])
