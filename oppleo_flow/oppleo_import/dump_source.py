"""A dump of an Oppleo database, read without a server.

A plain dump is SQL with the rows of each table in one block of text.  Any other is turned into that
by PostgreSQL's own `pg_restore`, table by table, so that nothing large is in memory or on disk.
"""

import re
import shutil
import subprocess
import tempfile
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Final

from oppleo_flow.errors import ConfigError, StoreError
from oppleo_flow.oppleo_import.source import Cells, Source

_COPY = re.compile(
    rb'COPY (?:"?[\w$]+"?\.)?"?(?P<table>[\w$]+)"? \((?P<columns>[^)]*)\) FROM stdin;\r?\n'
)
_ENCODING = re.compile(rb"SET client_encoding = '([\w-]+)';")
_INSERT = re.compile(rb'INSERT INTO (?:"?[\w$]+"?\.)?"?charge_session"? ')
_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|.)")
_SIGNS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ENCODINGS: Final = {"LATIN1": "latin-1", "LATIN9": "iso8859-15", "WIN1252": "cp1252"}
_END: Final = b"\\."
PROGRAM: Final = "pg_restore"

_Block = tuple[tuple[str, ...], Iterator[str]]
"""The columns of a table, and the lines of its rows; no columns where it is not there."""


class DumpSource(Source):
    """The tables of a dump."""

    def __init__(self, file: Path, place: str) -> None:
        self.place = place
        self._file = file

    def columns(self, table: str) -> tuple[str, ...]:
        """Return the columns of a table."""
        with self._block(table) as (columns, _):
            return columns

    def cells(self, table: str, columns: Sequence[str]) -> Iterator[Cells]:
        """Yield rows in the order in which the dump has them."""
        with self._block(table) as (there, lines):
            picked = [there.index(name) if name in there else None for name in columns]
            for line in lines:
                values = _values(line)
                if len(values) != len(there):
                    raise self._broken(table)
                yield tuple(None if at is None else values[at] for at in picked)

    def close(self) -> None:
        """Let go of nothing: the file is open only while it is read."""

    @abstractmethod
    def _block(self, table: str) -> AbstractContextManager[_Block]:
        """Give what there is of a table, while it is read."""

    def _lines(self, file: IO[bytes], table: str, encoding: str) -> Iterator[str]:
        """Yield the lines of a block up to its end."""
        for line in file:
            bare = line.rstrip(b"\r\n")
            if bare == _END:
                return
            yield bare.decode(encoding, "backslashreplace")
        raise self._broken(table)

    def _broken(self, table: str) -> StoreError:
        return StoreError(f"{self.place}: table {table!r}: the dump ends, or is damaged, within it")


class PlainDump(DumpSource):
    """SQL as `pg_dump` writes it when it is not told otherwise."""

    def __init__(self, file: Path, place: str) -> None:
        super().__init__(file, place)
        self._blocks, self._encoding = self._index()

    @contextmanager
    def _block(self, table: str) -> Iterator[_Block]:
        if table not in self._blocks:
            yield (), iter(())
            return
        columns, offset = self._blocks[table]
        with self._file.open("rb") as file:
            file.seek(offset)
            yield columns, self._lines(file, table, self._encoding)

    def _index(self) -> tuple[dict[str, tuple[tuple[str, ...], int]], str]:
        """Return where the rows of each table begin, and the encoding of all of them."""
        blocks: dict[str, tuple[tuple[str, ...], int]] = {}
        encoding, offset, within = "utf-8", 0, False
        with self._file.open("rb") as file:
            for line in file:
                offset += len(line)
                if within:
                    within = line.rstrip(b"\r\n") != _END
                elif found := _COPY.fullmatch(line):
                    blocks[found["table"].decode()] = _names(found["columns"]), offset
                    within = True
                elif told := _ENCODING.match(line):
                    encoding = _encoding(told[1])
                elif _INSERT.match(line):
                    raise ConfigError(
                        f"{self.place}: is a dump with an INSERT for each row; "
                        "make one without `--inserts`"
                    )
        return blocks, encoding


class ArchiveDump(DumpSource):
    """A dump in PostgreSQL's own format, as `pg_dump -Fc` writes it and Oppleo keeps it."""

    def __init__(self, file: Path, place: str) -> None:
        super().__init__(file, place)
        program = shutil.which(PROGRAM)
        if program is None:
            raise StoreError(
                f"{place}: PostgreSQL's program {PROGRAM} is needed to read it; install it with "
                "`apt-get install postgresql-client`"
            )
        self._program = program

    @contextmanager
    def _block(self, table: str) -> Iterator[_Block]:
        command = [self._program, "--data-only", "--no-owner", f"--table={table}", "--file=-"]
        with (
            tempfile.TemporaryFile() as complaints,
            subprocess.Popen(
                [*command, str(self._file)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaints,
            ) as process,
        ):
            try:
                columns, encoding = _heading(_output(process))
                if not columns:
                    self._finish(process, complaints)
                yield columns, self._rows(process, table, encoding, complaints)
            finally:
                process.kill()  # who asked for the columns alone has seen enough

    def _rows(
        self,
        process: "subprocess.Popen[bytes]",
        table: str,
        encoding: str,
        complaints: IO[bytes],
    ) -> Iterator[str]:
        try:
            yield from self._lines(_output(process), table, encoding)
        except StoreError:
            self._finish(process, complaints)  # it can say more
            raise
        self._finish(process, complaints)

    def _finish(self, process: "subprocess.Popen[bytes]", complaints: IO[bytes]) -> None:
        """Let the program end, and raise what it complains of."""
        for _ in _output(process):
            pass
        if process.wait() != 0:
            complaints.seek(0)
            told = complaints.read().decode("utf-8", "replace").split("\n")[0]
            raise StoreError(
                f"{self.place}: cannot be read: {told.strip() or f'{PROGRAM} failed'}; "
                f"{PROGRAM} must be as new as the dump, and the dump whole"
            )


def _output(process: "subprocess.Popen[bytes]") -> IO[bytes]:
    assert process.stdout is not None
    return process.stdout


def _heading(output: IO[bytes]) -> tuple[tuple[str, ...], str]:
    """Return the columns of the first table that a text has, and its encoding."""
    encoding = "utf-8"
    for line in output:
        if found := _COPY.fullmatch(line):
            return _names(found["columns"]), encoding
        if told := _ENCODING.match(line):
            encoding = _encoding(told[1])
    return (), encoding


def _names(columns: bytes) -> tuple[str, ...]:
    return tuple(name.strip().strip('"') for name in columns.decode().split(","))


def _encoding(name: bytes) -> str:
    """Return Python's name of one of PostgreSQL's encodings."""
    return _ENCODINGS.get(name.decode(), "utf-8")


def _values(line: str) -> list[str | None]:
    """Return the values of a line of COPY's text format."""
    if "\\" not in line:
        return list(line.split("\t"))
    return [
        None if value == "\\N" else _ESCAPE.sub(_sign, value) if "\\" in value else value
        for value in line.split("\t")
    ]


def _sign(found: "re.Match[str]") -> str:
    code = found[1]
    if len(code) > 1 and code[0] == "x":
        return chr(int(code[1:], 16))
    if code[0] in "01234567":
        return chr(int(code, 8))
    return _SIGNS.get(code, code)
