"""Where a PostgreSQL database is, and as whom to go there."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import field

from oppleo_flow.immutable import immutable

SCHEMA = "oppleo_flow"
"""Where our tables are: one database may hold those of other programs, such as Oppleo's."""
_KEEP_ALIVE = {"idle": 30, "interval": 10, "count": 3}


@immutable
class PostgresAddress:
    """A database: what libpq is told of it, the schema of our tables, and how long to wait.

    `zone` is the IANA zone of the site, `simulated` whether its rows are of a simulation.
    """

    parameters: Mapping[str, str] = field(repr=False)
    schema: str = SCHEMA
    timeout_s: float = 10.0
    zone: str = "UTC"
    simulated: bool = False

    @property
    def place(self) -> str:
        """Return how a message names the database."""
        known = self.parameters
        server = f"{known.get('host', 'localhost')}:{known.get('port', '5432')}"
        return f"{server}/{known.get('dbname', known.get('user', ''))}"

    def dsn(self) -> dict[str, str]:
        """Return what to connect with; a server, or a client, that vanishes is found out."""
        settings = {
            "search_path": self.schema,
            "timezone": "UTC",
            "statement_timeout": f"{self.timeout_s * 1000:.0f}",
            **{f"tcp_keepalives_{name}": str(value) for name, value in _KEEP_ALIVE.items()},
        }
        return {
            "connect_timeout": f"{max(2, self.timeout_s):.0f}",
            "application_name": "oppleo-flow",
            "client_encoding": "utf8",
            **{f"keepalives_{name}": str(value) for name, value in _KEEP_ALIVE.items()},
            **self.parameters,
            "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
        }


class PostgresConnection(ABC):
    """A connection that leads to a PostgreSQL database: what `Ref[PostgresConnection]` names."""

    @property
    @abstractmethod
    def address(self) -> PostgresAddress | None:
        """Return where the database is; None: this is a simulation, whose rows go nowhere."""


def parameters_of(url: str) -> dict[str, str]:
    """Return what an address says, `postgresql://user:password@host:5432/database` or so.

    Raises:
        ValueError: It is no address of a PostgreSQL database.
    """
    # Not at the top: a start whose flow has no such database does without.
    import psycopg2  # noqa: PLC0415
    from psycopg2.extensions import parse_dsn  # noqa: PLC0415

    scheme, colon, rest = url.partition("://")
    if not colon or scheme.partition("+")[0] not in ("postgresql", "postgres"):
        raise ValueError("an address such as postgresql://user:password@host:5432/database")
    try:
        return dict(parse_dsn(f"postgresql://{rest}"))
    except (psycopg2.ProgrammingError, UnicodeDecodeError):
        # Its text repeats the address, and with it the password.
        raise ValueError(
            "an address such as postgresql://user:password@host:5432/database; special characters "
            "of a password are written as %2F and so on"
        ) from None
