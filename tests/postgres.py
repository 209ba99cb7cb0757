"""A real PostgreSQL on this machine, for the tests; it is installed by `.ci/run`.

It listens on the loopback interface, with a password.  PostgreSQL refuses to run as root: tests
that do so run it as the user that its package makes.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg2

USER, PASSWORD = "oppleo", "s3cret/with@odd:characters"
HOST = "127.0.0.1"
_SYSTEM_USER = "postgres"
_COLLATION = "C.UTF-8"
_WATCH = 'read _; "$0" stop --mode immediate --pgdata "$1"; rm -rf "$2"'
_LIGHT = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    "max_parallel_workers_per_gather": "0",
    "autovacuum": "off",
}


def programs() -> Path:
    """Return the folder of PostgreSQL's programs: version 15, else the newest that there is."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: (path.parts[-3] == "15", float(path.parts[-3])),
    )
    anywhere = shutil.which("initdb")
    if found:
        return found[-1].parent
    assert anywhere, "PostgreSQL is needed: apt-get install postgresql"
    return Path(anywhere).resolve().parent


def _user_who_may() -> dict[str, Any]:
    """Return what makes a child that of the user whom the server runs as."""
    if os.geteuid() != 0:
        return {}
    group = pwd.getpwnam(_SYSTEM_USER).pw_gid
    return {"user": _SYSTEM_USER, "group": group, "extra_groups": []}


def _run(*command: str | Path) -> None:
    """Run one of its programs, as a user who may."""
    done = subprocess.run(
        command,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        encoding="utf-8",
        **_user_who_may(),
    )
    assert done.returncode == 0, f"{command}: {done.stdout}"


def _give_away(path: Path) -> None:
    """Make a file or folder that of the user whom the server runs as."""
    if os.geteuid() == 0:
        shutil.chown(path, _SYSTEM_USER, pwd.getpwnam(_SYSTEM_USER).pw_gid)


@contextmanager
def new_cluster() -> Iterator[Path]:
    """Give a folder with the files of a new server, which others copy; it is gone afterwards."""
    # Not below the folder of a test: no other user may look into that one.
    with tempfile.TemporaryDirectory(prefix="oppleo-postgres-") as made:
        folder = Path(made)
        password = folder / "password"
        password.write_text(PASSWORD, encoding="utf-8")
        for path in (folder, password):
            _give_away(path)
        cluster = folder / "cluster"
        _run(
            *(programs() / "initdb", "--pgdata", cluster, "--username", USER, "--no-sync"),
            *("--auth", "scram-sha-256", "--pwfile", password),
            *("--encoding", "UTF8", "--locale", _COLLATION),
        )
        yield cluster


class PostgresServer:
    """One server, on files of its own; a context manager.

    With `fsync` what it has committed outlasts `kill`, as it does on a machine of its own.
    """

    def __init__(self, cluster: Path, *, fsync: bool = False) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="oppleo-postgres-"))
        _give_away(self._folder)
        self._files = self._folder / "cluster"
        _run("cp", "--archive", cluster, self._files)
        safety = "on" if fsync else "off"
        self._settings = {**_LIGHT, "fsync": safety, "synchronous_commit": safety}
        with socket.socket() as free:
            free.bind((HOST, 0))
            self.port: int = free.getsockname()[1]
        self._databases = (f"test_{number}" for number in count(1))
        self.running = False
        # Should the tests be killed, its pipe closes, and the server goes as well.
        self._watcher = subprocess.Popen(
            ["sh", "-c", _WATCH, str(programs() / "pg_ctl"), self._files, self._folder],
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **_user_who_may(),
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        self._watcher.communicate()

    def start(self, **settings: str) -> None:
        """Start, with more `settings` of postgresql.conf; return when it lets clients in."""
        everything = {**self._settings, "port": str(self.port), **settings}
        options = " ".join(f"-c {name}='{value}'" for name, value in everything.items())
        log = self._folder / "log"
        self._control("start", "--options", options, "--log", str(log))
        self.running = True

    def stop(self) -> None:
        """End it in good order; clients that are connected are cut off."""
        self._end("fast")

    def kill(self) -> None:
        """End it without a word, as a loss of power would; it recovers at the next start."""
        self._end("immediate")

    def _end(self, how: str) -> None:
        if self.running:
            self._control("stop", "--mode", how)
            self.running = False

    def _control(self, action: str, *arguments: str) -> None:
        _run(programs() / "pg_ctl", action, "--wait", "--pgdata", self._files, *arguments)

    def url(self, database: str, user: str = USER, password: str = PASSWORD) -> str:
        """Return the address of a database, as a user would write it."""
        quoted = password.replace("/", "%2F").replace("@", "%40").replace(":", "%3A")
        return f"postgresql://{user}:{quoted}@{HOST}:{self.port}/{database}"

    def parameters(self, database: str) -> dict[str, str]:
        """Return the address of a database as libpq is told it."""
        known = {"host": HOST, "port": str(self.port), "user": USER, "password": PASSWORD}
        return {**known, "dbname": database}

    def execute(self, sql: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run one statement by itself, as its owner; return what it found."""
        connection = psycopg2.connect(self.url(database))
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """Give the name of a new database, empty or as `template` is; it is gone afterwards."""
        name = next(self._databases)
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield name
        finally:
            if self.running:
                self.execute(f"DROP DATABASE {name} WITH (FORCE)")
