"""HTTPS by a certificate of one's own."""

from io import DEFAULT_BUFFER_SIZE
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cheroot.makefile import StreamReader, StreamWriter
from cheroot.ssl import Adapter

from oppleo_flow.errors import ConfigError

if TYPE_CHECKING:
    from ssl import SSLContext


class Certificate(NamedTuple):
    """The files of a certificate chain and of its private key, in PEM."""

    chain: Path
    key: Path

    def context(self) -> "SSLContext":
        """Return what serves HTTPS with them.

        Raises:
            ConfigError: They cannot be read, or do not belong together.
        """
        import ssl  # noqa: PLC0415  (a start without a certificate has no use for it)

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        for file in self:
            try:
                file.read_bytes()
            except OSError as error:
                raise ConfigError(f"web: {file}: cannot be read: {error.strerror}") from error
        try:
            context.load_cert_chain(self.chain, self.key, password=_no_password)
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"web: certificate {self.chain} with key {self.key}: cannot be used: "
                f"{getattr(error, 'reason', None) or error}; "
                "a chain and its own key in PEM, without a password, are needed"
            ) from error
        return context


class Encrypting(Adapter):
    """How cheroot is to encrypt; unlike with its own adapter, nobody waits for a handshake.

    That one shakes hands where new connections are taken in, so that whoever connects and says
    nothing keeps all others out.  Here it is a part of the first read, in a thread of its own.
    """

    def __init__(self, certificate: Certificate) -> None:
        super().__init__(str(certificate.chain), str(certificate.key))
        self.context = certificate.context()

    def renew(self, certificate: Certificate) -> None:
        """Encrypt new connections with another certificate; those there are go on as they are.

        Raises:
            ConfigError: It cannot be used; new connections get the one before.
        """
        self.context = certificate.context()

    def bind(self, sock: Any) -> Any:
        """Return a listening socket as it is."""
        return sock

    def wrap(self, sock: Any) -> tuple[Any, dict[str, str]]:
        """Return a socket that shakes hands when it is first used, and what the request gets."""
        wrapped = self.context.wrap_socket(sock, do_handshake_on_connect=False, server_side=True)
        return wrapped, self.get_environ()

    def get_environ(self) -> dict[str, str]:
        """Return what every request gets."""
        return {"wsgi.url_scheme": "https", "HTTPS": "on"}

    def makefile(self, sock: Any, mode: str = "r", bufsize: int = DEFAULT_BUFFER_SIZE) -> Any:
        """Return what reads from a socket, or writes to it."""
        return (StreamReader if "r" in mode else StreamWriter)(sock, mode, bufsize)


def _no_password() -> str:
    """Answer the question for a key's password: nobody is there to type one."""
    return ""
