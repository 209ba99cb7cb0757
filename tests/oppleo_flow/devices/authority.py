"""A certificate authority of the tests: it signs the certificates of servers on this machine."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Authority:
    """Who signs certificates; everything of it is in `folder`."""

    folder: Path
    name: str

    @property
    def certificate(self) -> Path:
        """Return the certificate by which others know whom this one signed."""
        return self.folder / f"{self.name}.pem"

    def sign(self, host: str = "IP:127.0.0.1") -> tuple[Path, Path]:
        """Return certificate and key of a server that is called `host`."""
        key, asked, signed = (self.folder / f"server.{end}" for end in ("key", "csr", "pem"))
        _openssl(
            *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", key, "-out", asked, "-subj", "/CN=server"),
            *("-addext", f"subjectAltName={host}"),
        )
        _openssl(
            *("x509", "-req", "-in", asked, "-CA", self.certificate),
            *("-CAkey", self.folder / f"{self.name}.key", "-CAcreateserial", "-days", "2"),
            *("-copy_extensions", "copy", "-out", signed),
        )
        return signed, key


def authority(folder: Path, name: str = "authority") -> Authority:
    """Return a new authority, whose files are in a folder."""
    made = Authority(folder, name)
    _openssl(
        *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
        *("-keyout", folder / f"{name}.key", "-out", made.certificate, "-subj", f"/CN={name}"),
        *("-days", "2"),
    )
    return made


def _openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
