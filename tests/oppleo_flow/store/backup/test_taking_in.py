"""Taking in a backup of another machine: whole, under its own name, or not at all."""

import fcntl
import gzip
import io
import tarfile

import pytest

from oppleo_flow.errors import Refused, StoreError
from oppleo_flow.store.backup.making import make_backup
from oppleo_flow.store.backup.taking_in import MOST, Coming, Intake
from tests.oppleo_flow.store.backup.sites import asked_of

NAME = "backup-garage-20260115T120000Z.tar.gz"


@pytest.fixture
def intake(tmp_path):
    return Intake(tmp_path / "backups", simulated=False)


def pieces(content, size=1000):
    return (content[at : at + size] for at in range(0, len(content), size))


def take(intake, content, name=NAME, size=None):
    return intake.take(Coming(name, len(content) if size is None else size), pieces(content))


def there(intake):
    return sorted(path.name for path in intake.folder.glob("*"))


def test_a_plain_one_is_read_and_named_by_what_it_says_of_itself(intake, plain):
    assert take(intake, plain.read_bytes(), "of the old Pi.tar (1).gz") == plain.name
    assert (intake.folder / plain.name).read_bytes() == plain.read_bytes()
    assert there(intake) == [plain.name]
    assert (intake.folder / plain.name).stat().st_mode & 0o077 == 0
    assert [one.name for one in intake.all()] == [plain.name]


def test_an_encrypted_one_is_kept_until_its_passphrase_is_known(intake, places):
    made = make_backup(asked_of(places, passphrase="correct horse"))
    content = (places.folder / "backups" / f"{NAME}.age").read_bytes()
    assert made.encrypted
    assert take(intake, content, f"{NAME.removesuffix('.tar.gz')}.tar.gz (2).age") == f"{NAME}.age"
    assert there(intake) == [f"{NAME}.age"]


@pytest.mark.parametrize(
    ("change", "name", "why"),
    [
        pytest.param(
            lambda it: b"PK" + it, "a.zip",
            "a.zip: is no backup of oppleo-flow; choose one that it made", id="something else",
        ),
        pytest.param(
            lambda it: it[: len(it) // 2], "half",
            "half: is damaged: Compressed file ended before the end-of-stream marker was reached; "
            "use another backup", id="cut short before",
        ),
        pytest.param(
            lambda it: gzip.compress(b"words"), "words.gz",
            "words.gz: is damaged: truncated header; use another backup", id="no archive",
        ),
        pytest.param(
            lambda it: b"age-encryption.org/v1\n", "safe.age",
            "safe.age: does not say of when it is; give it the name that it was made under, "
            "as backup-garage-20260115T120000Z.tar.gz.age", id="nobody knows of when",
        ),
        pytest.param(
            lambda it: b"age-encryption.org/v1\n", "backup-a-20269999T120000Z.tar.gz.age",
            "backup-a-20269999T120000Z.tar.gz.age: does not say of when it is; give it the name "
            "that it was made under, as backup-garage-20260115T120000Z.tar.gz.age",
            id="of no day that there is",
        ),
        pytest.param(
            lambda it: b"age-encryption.org/v1\n", f"simulated{NAME.removeprefix('backup')}.age",
            f"simulated{NAME.removeprefix('backup')}.age: is a backup of a simulation, and this "
            "site is not that", id="of a simulation",
        ),
    ],
)  # fmt: skip
def test_what_is_no_whole_backup_is_refused_and_leaves_nothing(intake, plain, change, name, why):
    with pytest.raises((Refused, StoreError)) as refused:
        take(intake, change(plain.read_bytes()), name)
    assert str(refused.value) == why
    assert there(intake) == []


def test_one_of_a_newer_version_says_which_version_is_needed(intake):
    told = b'{"format": 2, "program": "9.0.0", "members": []}'
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        entry = tarfile.TarInfo("manifest.json")
        entry.size = len(told)
        archive.addfile(entry, io.BytesIO(told))
    with pytest.raises(StoreError) as refused:
        take(intake, file.getvalue())
    assert str(refused.value) == (
        f"{NAME}: is a backup of a newer version, got format 2; install that version of oppleo-flow"
    )
    assert there(intake) == []


def test_of_half_a_file_nothing_stays(intake, plain):
    content = plain.read_bytes()
    with pytest.raises(Refused) as refused:
        take(intake, content[:5000], size=len(content))
    assert str(refused.value) == f"{NAME}: only 5000 of {len(content)} bytes came; send it again"
    assert there(intake) == []


def test_who_breaks_off_leaves_nothing(intake, plain):
    def broken_off():
        yield plain.read_bytes()[:5000]
        raise ConnectionResetError

    with pytest.raises((ConnectionResetError, StoreError)):
        intake.take(Coming(NAME, 10_000), broken_off())
    assert there(intake) == []


def test_what_a_killed_run_left_goes_with_the_next_and_what_is_being_written_stays(intake, plain):
    intake.folder.mkdir(parents=True)
    left, held = (intake.folder / f".coming-{name}.part" for name in ("left", "held"))
    left.write_bytes(b"half")
    with held.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        take(intake, plain.read_bytes())
        assert there(intake) == [held.name, NAME]


def test_the_same_is_not_taken_in_twice_and_any_may_be_deleted(intake, plain):
    take(intake, plain.read_bytes())
    with pytest.raises(Refused) as refused:
        take(intake, plain.read_bytes())
    assert str(refused.value) == f"{NAME}: is here already, as {NAME}"
    intake.let_go(NAME)
    assert there(intake) == []


@pytest.mark.parametrize("size", [0, MOST + 1])
def test_what_is_too_large_is_refused_before_it_comes(intake, size):
    with pytest.raises(Refused) as refused:
        intake.check(Coming("big", size))
    assert str(refused.value) == (
        f"big: a backup has 1 to 2147483648 bytes, got {size}; "
        "at the machine itself `oppleo-flow db restore` takes a larger one"
    )
