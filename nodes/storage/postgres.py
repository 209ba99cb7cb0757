"""A PostgreSQL database, for the owner's own SQL, for dashboards, and for several charge points.

```yaml
connections:
  copy:
    type: postgres
    url: !secret copy_url      # postgresql://garage:password@nas.local:5432/home
```

Or in parts: `host`, `database`, `user` and `password`. The tables are in a schema of their own,
`oppleo_flow`; those of other programs in the same database, such as Oppleo's, are never touched.
The user must be allowed to make that schema: it owns the database, or was granted `CREATE` on it.

The tests go by PostgreSQL 15.

Nothing waits for the server: it is looked for when there is something to write.

Simulated, nothing leaves this machine. With `simulated_schema_name` the rows of a simulation go
into that schema of the real database; never among real ones.
"""

from contextlib import closing
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from oppleo_flow import Connection, NodeConfig, Seconds
from oppleo_flow.errors import StoreError
from oppleo_flow.store.postgres.address import (
    SCHEMA,
    PostgresAddress,
    PostgresConnection,
    parameters_of,
)

_NAME = r"^[a-z_][a-z0-9_]{0,40}$"


class PostgresConfig(NodeConfig):
    """Settings of a `postgres` connection."""

    url: SecretStr | None = Field(
        None, description="The whole address: postgresql://user:password@host:5432/database."
    )
    host: str | None = Field(None, min_length=1, description="Name or address of the server.")
    port: int | None = Field(None, ge=1, le=65535, description="Its port; default: 5432.")
    database: str | None = Field(None, min_length=1, description="Name of the database.")
    user: str | None = Field(None, min_length=1, description="User name at the server.")
    password: SecretStr | None = Field(None, min_length=1, description="Password of the user.")
    sslmode: Literal["disable", "prefer", "require", "verify-ca", "verify-full"] | None = Field(
        None,
        description="Whether the connection is encrypted, and the server's certificate looked at; "
        "default: encrypted if the server can.",
    )
    ca_file: str | None = Field(
        None, min_length=1, description="Certificate of who signed the server's."
    )
    schema_name: str = Field(SCHEMA, pattern=_NAME, description="The schema of the tables.")
    simulated_schema_name: str | None = Field(
        None,
        pattern=_NAME,
        description="The schema for the rows of a simulation; default: those go nowhere.",
    )
    timeout: Seconds = Field(
        "10s", validate_default=True, ge=1, le=300, description="How long the server may take."
    )

    @model_validator(mode="after")
    def _hang_together(self) -> Self:
        parts = ("host", "port", "database", "user", "password")
        said = [name for name in parts if getattr(self, name) is not None]
        if self.url is not None:
            if said:
                raise ValueError(f"url says it all: {said[0]} does not go with it")
            parameters_of(self.url.get_secret_value())
        elif self.host is None or self.database is None:
            raise ValueError("url, or host and database, are needed")
        if self.ca_file is not None and self.sslmode not in ("verify-ca", "verify-full"):
            raise ValueError("ca_file needs sslmode: verify-full, or it is not looked at")
        if self.simulated_schema_name == self.schema_name:
            raise ValueError("a simulation needs another schema than the real rows")
        return self

    @property
    def parameters(self) -> dict[str, str]:
        """Return what libpq is told."""
        password = None if self.password is None else self.password.get_secret_value()
        said = {
            "host": self.host,
            "port": None if self.port is None else str(self.port),
            "dbname": self.database,
            "user": self.user,
            "password": password,
            "sslmode": self.sslmode,
            "sslrootcert": self.ca_file,
        }
        url = {} if self.url is None else parameters_of(self.url.get_secret_value())
        return {**url, **{name: value for name, value in said.items() if value is not None}}


class Postgres(Connection[PostgresConfig], PostgresConnection):
    """A PostgreSQL database."""

    type_name = "postgres"
    icon = "database"
    parallel = True  # each of its nodes has a session of its own, on a worker of its own

    @property
    def address(self) -> PostgresAddress | None:
        """Return where the database is; None in a simulation whose rows go nowhere."""
        config = self.config
        schema = config.simulated_schema_name if self.simulated else config.schema_name
        if schema is None:
            return None
        return PostgresAddress(
            config.parameters,
            schema=schema,
            timeout_s=config.timeout,
            zone=self.site.timezone,
            simulated=self.simulated,
        )

    def probe(self) -> str:
        """Connect, and say what is there; nothing is made or migrated.

        Raises:
            StoreError: It cannot be reached, or refuses.
        """
        address = self.address
        if address is None:
            return "nothing is sent"
        # Not at the top: they bring psycopg2 along, which a start need not wait for.
        from psycopg2 import Error  # noqa: PLC0415

        from oppleo_flow.store.postgres.engine import connect  # noqa: PLC0415
        from oppleo_flow.store.postgres.errors import copy_error  # noqa: PLC0415

        try:
            with closing(connect(address)) as session:
                version = session.info.server_version
        except Error as error:
            raise StoreError(str(copy_error(address.place, error))) from error
        return f"{address.place}: PostgreSQL {version // 10000}.{version % 10000}"
