"""An address, a dump, a backup: whatever is at hand says the same."""

import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from oppleo_flow.errors import ConfigError, StoreError
from oppleo_flow.oppleo_import.opening import opened
from tests.oppleo_flow.oppleo_import.caveats import PLANTS
from tests.oppleo_flow.oppleo_import.imports import Imported
from tests.oppleo_flow.oppleo_import.oppleo_database import OppleoDatabase
from tests.postgres import programs

TABLES = (
    *("charger_config", "charge_session", "energy_device", "energy_device_measures"),
    *("off_peak_hours", "rfid", "users", "keyvaluestores"),
)


def dump(database: OppleoDatabase, path: Path, *options: str) -> Path:
    with path.open("wb") as file:
        subprocess.run([programs() / "pg_dump", *options, database.url], stdout=file, check=True)
    return path


def content(what: str) -> dict[str, list[dict[str, str | None]]]:
    with opened(what) as oppleo:
        return {
            table: sorted(
                (dict(row) for row in oppleo.source.rows(table)),
                key=lambda row: str(sorted(row.items(), key=str)),
            )
            for table in TABLES
        }


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(["-Fc"], id="in PostgreSQL's own format, as Oppleo keeps it"),
        pytest.param(["-Ft"], id="as a tar"),
        pytest.param(["-Fp"], id="as SQL"),
        pytest.param(["-Fp", "--encoding=LATIN9"], id="as SQL in another encoding"),
    ],
)
def test_a_dump_says_to_the_letter_what_the_server_says(oppleo, tmp_path, options):
    for name in set(PLANTS) - ({"names in other languages"} if "LATIN9" in str(options) else set()):
        PLANTS[name](oppleo)
    oppleo.add_card("back\\slash", name="new\nline, tab\t, \\N and € ÿ")
    assert content(str(dump(oppleo, tmp_path / "oppleo.dump", *options))) == content(oppleo.url)


def test_a_backup_of_oppleo_has_the_dump_and_the_settings_in_it(oppleo, tmp_path, ledger):
    oppleo.add_day()
    packed = tmp_path / "backup_2023-11-16_08.00.00_laadpaal_noord.zip"
    with zipfile.ZipFile(packed, "w") as backup:
        dumped = dump(oppleo, tmp_path / "dump", "-Fc")
        backup.write(dumped, "tmp/postgres_2023-11-16_08.00.00.pg_dump")
        backup.writestr("tmp/oppleo.ini", "[Oppleo]\nprowl_enabled = True\n")
    with opened(str(packed)) as found:
        assert found.ini.flag("prowl_enabled") is True
    assert Imported(str(packed), ledger).rows("charge_session") == {"added": 1}


def test_what_was_taken_over_from_a_backup_is_the_same_on_the_server(oppleo, tmp_path, ledger):
    for place in PLANTS.values():
        place(oppleo)
    Imported(str(dump(oppleo, tmp_path / "oppleo.dump", "-Fc")), ledger)
    assert not Imported(oppleo.url, ledger).report.changed()


def test_an_older_oppleo_lacks_columns_and_tables(oppleo, ledger):
    oppleo.add_day()
    oppleo.execute("ALTER TABLE charge_session DROP COLUMN trigger, DROP COLUMN km")
    oppleo.execute("ALTER TABLE rfid DROP COLUMN vehicle_name, DROP COLUMN valid_until")
    oppleo.execute("ALTER TABLE energy_device_measures DROP COLUMN hz")
    oppleo.execute("DROP TABLE users, keyvaluestores, off_peak_hours")
    done = Imported(oppleo.url, ledger)
    assert (done.rows("charge_session"), done.rows("users")) == ({"added": 1}, {})
    assert ledger.readings.latest("meter").frequency_hz is None


def test_readings_come_in_the_order_of_their_numbers(oppleo):
    for number in range(12):
        oppleo.add_reading(f"2023-05-01 20:00:{number:02}", 100.0 + number)
    with opened(oppleo.url) as found:
        rows = found.source.cells("energy_device_measures", ("id", "no_such_column"))
        assert [*rows] == [(str(number), None) for number in range(1, 13)]


def test_an_address_may_say_how_to_connect(oppleo):
    with opened(f"{oppleo.url}?sslmode=disable") as found:
        assert "sslmode" not in found.source.place
    with pytest.raises(StoreError) as error, opened(f"{oppleo.url}?sslmode=require"):
        pass
    assert "SSL" in str(error.value)


def test_a_reader_sees_the_database_as_it_was_when_it_began(oppleo):
    oppleo.add_session(1.0, 2.0)
    with opened(oppleo.url) as found:
        oppleo.add_session(2.0, 3.0, start_time="2023-06-01 20:00:00")
        assert len([*found.source.rows("charge_session")]) == 1


@pytest.mark.parametrize(
    ("url", "message"),
    [
        pytest.param(
            "postgresql://oppleo:wrong@{host}",
            "postgresql://{host}: cannot be read: ",
            id="a wrong password, which is told of without one",
        ),
        pytest.param(
            "postgresql://oppleo:pw@127.0.0.1:1/oppleo",
            "postgresql://127.0.0.1:1/oppleo: cannot be read: ",
            id="a server that is not there",
        ),
    ],
)
def test_a_server_that_cannot_be_asked_is_told_without_its_password(oppleo, url, message):
    host = oppleo.url.rsplit("@", 1)[1]
    with pytest.raises(StoreError) as error, opened(url.format(host=host)):
        pass
    assert str(error.value).startswith(message.format(host=host))
    assert "pw" not in str(error.value)
    assert ":wrong" not in str(error.value)


def test_a_database_of_something_else_is_refused(postgres_url):
    with pytest.raises(ConfigError) as error, opened(postgres_url):
        pass
    assert str(error.value).endswith(
        ": is no database of Oppleo, it has no table 'charger_config'; "
        "name that one, its dump, or Oppleo's oppleo.ini"
    )


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("postgresql://localhost", id="without a database"),
        pytest.param("postgresql://me:geheim@nas:54x/oppleo", id="with a port that is no number"),
    ],
)
def test_what_is_no_address_of_a_database_is_told(url):
    with pytest.raises(ConfigError) as error, opened(url):
        pass
    assert str(error.value) == (
        "the address of a database is needed, such as "
        "postgresql://user:password@localhost:5432/oppleo"
    )


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(StoreError) as error, opened(str(tmp_path / "none.dump")):
        pass
    assert str(error.value) == f"{tmp_path}/none.dump: cannot be read: No such file or directory"


def test_a_file_of_something_else_is_told(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\0\0\0")
    with pytest.raises(ConfigError) as error, opened(str(path)):
        pass
    assert str(error.value) == (
        f"{path}: is neither a dump of PostgreSQL nor a backup of Oppleo; "
        "`pg_dump -Fc oppleo > oppleo.pg_dump` makes one"
    )


def test_a_dump_of_inserts_is_told(oppleo, tmp_path):
    oppleo.add_day()
    path = dump(oppleo, tmp_path / "oppleo.sql", "--inserts")
    with pytest.raises(ConfigError) as error, opened(str(path)):
        pass
    assert str(error.value) == (
        f"{path}: is a dump with an INSERT for each row; make one without `--inserts`"
    )


@pytest.mark.parametrize("options", [["-Fc"], ["-Fp"]], ids=["its own format", "SQL"])
def test_a_dump_that_was_cut_is_told_and_nothing_of_it_is_taken_for_all(
    oppleo, tmp_path, ledger, options
):
    oppleo.add_day()
    path = dump(oppleo, tmp_path / "oppleo.dump", *options)
    whole = path.read_bytes()
    cut = whole.index(b"COPY public.rfid") + 200 if options == ["-Fp"] else len(whole) * 9 // 10
    path.write_bytes(whole[:cut])
    with pytest.raises((StoreError, ConfigError)) as error:
        Imported(str(path), ledger)
    assert str(error.value).startswith(f"{path}: ")


def test_a_zip_of_something_else_is_told(tmp_path):
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("photo.txt", "a photo")
    with pytest.raises(ConfigError) as error, opened(str(path)):
        pass
    assert str(error.value) == (
        f"{path}: is no backup of Oppleo: there is no postgres_….pg_dump in it"
    )


def test_a_zip_that_was_cut_is_told(tmp_path):
    path = tmp_path / "cut.zip"
    path.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(StoreError) as error, opened(str(path)):
        pass
    assert str(error.value) == f"{path}: cannot be unpacked: File is not a zip file"


def test_without_pg_restore_the_package_is_named(oppleo, tmp_path, monkeypatch):
    path = dump(oppleo, tmp_path / "oppleo.dump", "-Fc")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("pg_restore") is None
    with pytest.raises(StoreError) as error, opened(str(path)):
        pass
    assert str(error.value) == (
        f"{path}: PostgreSQL's program pg_restore is needed to read it; install it with "
        "`apt-get install postgresql-client`"
    )


def test_a_dump_as_sql_needs_no_program(oppleo, tmp_path, ledger, monkeypatch):
    oppleo.add_day()
    path = dump(oppleo, tmp_path / "oppleo.sql")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Imported(str(path), ledger).rows("charge_session") == {"added": 1}
