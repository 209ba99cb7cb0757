"""From what a user names to what can be read: an address, a dump, a backup, or `oppleo.ini`."""

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from oppleo_flow.errors import ConfigError, StoreError
from oppleo_flow.immutable import immutable
from oppleo_flow.oppleo_import.dump_source import ArchiveDump, PlainDump
from oppleo_flow.oppleo_import.ini import OppleoIni
from oppleo_flow.oppleo_import.postgres_source import PostgresSource, is_url
from oppleo_flow.oppleo_import.source import Source

_ARCHIVE: Final = b"PGDMP"
_TAR: Final = b"toc.dat"
_ZIP: Final = b"PK\x03\x04"
_BEGIN: Final = 8


@immutable
class Opened:
    """A database of Oppleo's, and its `oppleo.ini` where that was found; None: it was not."""

    source: Source
    ini: OppleoIni | None


@contextmanager
def opened(what: str, ini: Path | None = None) -> Iterator[Opened]:
    """Open what a user names; `ini` is the file that belongs to it.

    Raises:
        ConfigError: It is nothing that can be imported.
        StoreError: It cannot be read.
    """
    with ExitStack() as stack:
        settings = None if ini is None else _ini(ini)
        if is_url(what):
            source: Source = PostgresSource(what)
        else:
            file = Path(what)
            if file.suffix == ".ini":
                settings = _ini(file)
                source = PostgresSource(_address_in(settings, file))
            else:
                source, inside = _dump(file, stack)
                settings = settings or inside
        with source:
            source.check()
            yield Opened(source, settings)


def _dump(file: Path, stack: ExitStack) -> tuple[Source, OppleoIni | None]:
    """Return the database in a file, and the settings that lie beside it in a backup."""
    begin = _begin(file)
    if begin.startswith(_ZIP):
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="oppleo-import-")))
        dump, ini = _unpacked(file, folder)
        return _of_kind(dump, _begin(dump), str(file)), ini
    return _of_kind(file, begin, str(file)), None


def _of_kind(file: Path, begin: bytes, place: str) -> Source:
    if begin.startswith((_ARCHIVE, _TAR)):
        return ArchiveDump(file, place)
    if b"\0" in begin:
        raise ConfigError(
            f"{place}: is neither a dump of PostgreSQL nor a backup of Oppleo; "
            "`pg_dump -Fc oppleo > oppleo.pg_dump` makes one"
        )
    return PlainDump(file, place)


def _unpacked(file: Path, folder: Path) -> tuple[Path, OppleoIni | None]:
    """Take the dump out of a backup, and read the settings in it."""
    dump, ini = folder / "dump", None
    try:
        with zipfile.ZipFile(file) as backup:
            names = {PurePosixPath(name).name: name for name in backup.namelist()}
            dumps = sorted(
                name for name in names if name.startswith("postgres_") and name.endswith(".pg_dump")
            )
            if not dumps:
                raise ConfigError(
                    f"{file}: is no backup of Oppleo: there is no postgres_….pg_dump in it"
                )
            with backup.open(names[dumps[-1]]) as packed, dump.open("wb") as unpacked:
                shutil.copyfileobj(packed, unpacked)
            if "oppleo.ini" in names:
                text = backup.read(names["oppleo.ini"]).decode("utf-8", "backslashreplace")
                ini = OppleoIni.parse(text, f"{file}: oppleo.ini")
    except (zipfile.BadZipFile, EOFError, RuntimeError) as error:
        raise StoreError(f"{file}: cannot be unpacked: {error}") from error
    return dump, ini


def _ini(file: Path) -> OppleoIni:
    try:
        return OppleoIni.parse(file.read_text("utf-8", "backslashreplace"), str(file))
    except OSError as error:
        raise StoreError(f"{file}: cannot be read: {error.strerror}") from error


def _address_in(ini: OppleoIni, file: Path) -> str:
    url = ini.text("database_url")
    if not is_url(url):
        raise ConfigError(f"{file}: database_url: the address of a database is needed, got none")
    return url


def _begin(file: Path) -> bytes:
    try:
        with file.open("rb") as opened_file:
            return opened_file.read(_BEGIN)
    except OSError as error:
        raise StoreError(f"{file}: cannot be read: {error.strerror}") from error
