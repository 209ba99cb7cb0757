import gzip
import io
import json
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oppleo_flow.errors import StoreError
from oppleo_flow.store.backup.reading import unpack
from tests.oppleo_flow.store.backup.sites import members

Members = dict[str, bytes]
MANIFEST = "manifest.json"


@pytest.fixture(scope="session")
def content(plain: Path) -> Members:
    """Return what a whole backup holds, the manifest last."""
    return members(plain)


def packed(folder: Path, content: Members, *, twice: str | None = None) -> Path:
    """Write a backup as somebody else would."""
    file = folder / "b.tar.gz"
    with tarfile.open(file, "w:gz", compresslevel=1) as archive:
        for name in [*content, *([twice] if twice else [])]:
            entry = tarfile.TarInfo(name)
            entry.size = len(content[name])
            archive.addfile(entry, io.BytesIO(content[name]))
    return file


def with_manifest(content: Members, **changes: object) -> Members:
    manifest = {**json.loads(content[MANIFEST]), **changes}
    return {**content, MANIFEST: json.dumps(manifest).encode()}


def without(content: Members, name: str) -> Members:
    return {other: text for other, text in content.items() if other != name}


def first(content: Members, name: str) -> Members:
    return {name: content[name], **without(content, name)}


def last(content: Members, name: str, text: bytes) -> Members:
    """Return them with one more before the manifest."""
    return {**without(content, MANIFEST), name: text, MANIFEST: content[MANIFEST]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(
            lambda c: {**c, "flows/charge-point.yaml": b"nodes: []\n"},
            "is damaged: flows/charge-point.yaml is not what the manifest says; use another backup",
            id="a member was changed",
        ),
        pytest.param(
            lambda c: without(c, "ledger.sqlite"),
            "is damaged: ledger.sqlite is missing; use another backup",
            id="a member is missing",
        ),
        pytest.param(
            lambda c: last(c, "flows/evil.yaml", b""),
            "is damaged: flows/evil.yaml is not in its manifest; use another backup",
            id="a member too many",
        ),
        pytest.param(
            lambda c: last(c, "flows/../../evil.yaml", b""),
            "is damaged: no backup has a member such as 'flows/../../evil.yaml'; "
            "use another backup",
            id="a member that leads out of the site",
        ),
        pytest.param(
            lambda c: last(c, "/etc/passwd", b""),
            "is damaged: no backup has a member such as '/etc/passwd'; use another backup",
            id="a member of the whole machine",
        ),
        pytest.param(
            lambda c: without(c, MANIFEST),
            "is damaged: it has no manifest; use another backup",
            id="no manifest",
        ),
        pytest.param(
            lambda c: first(c, MANIFEST),
            "is damaged: 'state.sqlite' follows its manifest; use another backup",
            id="a manifest that is not the last",
        ),
        pytest.param(
            lambda c: {**c, MANIFEST: b"{"},
            "is damaged: its manifest cannot be understood; use another backup",
            id="a manifest that is no JSON",
        ),
        pytest.param(
            lambda c: with_manifest(c, members=3),
            "is damaged: its manifest cannot be understood; use another backup",
            id="a manifest without members",
        ),
        pytest.param(
            lambda c: with_manifest(c, format=2),
            "is a backup of a newer version, got format 2; install that version of oppleo-flow",
            id="a format of a newer version",
        ),
        pytest.param(
            lambda c: with_manifest(c, revision="9999"),
            "is a backup of a newer version, got revision '9999'; "
            "install that version of oppleo-flow",
            id="a ledger of a newer version",
        ),
    ],
)
def test_a_backup_that_was_tampered_with_is_refused(
    content: Members, tmp_path: Path, change: Callable[[Members], Members], message: str
) -> None:
    file = packed(tmp_path, change(content))
    with pytest.raises(StoreError) as error:
        unpack(file, "", tmp_path / "out")
    assert str(error.value) == f"{file}: {message}"
    assert not (tmp_path / "evil.yaml").exists()


def test_a_member_that_is_there_twice_is_refused(content: Members, tmp_path: Path) -> None:
    before = without(content, MANIFEST)
    file = packed(tmp_path, before, twice="oppleo.yaml")
    text = gzip.decompress(file.read_bytes())
    manifest = gzip.decompress(packed(tmp_path, {MANIFEST: content[MANIFEST]}).read_bytes())
    file.write_bytes(gzip.compress(text.rstrip(b"\0") + b"\0" * 512 + manifest, 1))
    with pytest.raises(StoreError) as error:
        unpack(file, "", None)
    assert str(error.value).startswith(f"{file}: is damaged: ")


def test_a_link_in_a_backup_is_refused(content: Members, tmp_path: Path) -> None:
    file = tmp_path / "b.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        entry = tarfile.TarInfo("flows/x.yaml")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/shadow"
        archive.addfile(entry)
    with pytest.raises(StoreError) as error:
        unpack(file, "", tmp_path / "out")
    assert str(error.value) == (
        f"{file}: is damaged: no backup has a member such as 'flows/x.yaml'; use another backup"
    )


@pytest.fixture(scope="session")
def whole(content: Members, tmp_path_factory) -> bytes:
    """Return a whole backup as bytes."""
    return packed(tmp_path_factory.mktemp("packed"), content).read_bytes()


def refused(folder: Path, content: bytes) -> str:
    file = folder / "b.tar.gz"
    file.write_bytes(content)
    with pytest.raises(StoreError) as error:
        unpack(file, "", None)
    return str(error.value).removeprefix(f"{file}: ")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(part=st.floats(0, 0.999))
def test_a_backup_that_was_cut_off_is_refused(whole: bytes, tmp_path: Path, part: float) -> None:
    said = refused(tmp_path, whole[: int(len(whole) * part)])
    assert said.startswith("is damaged: ")
    assert said.endswith("; use another backup")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(part=st.floats(0, 0.999), by=st.integers(1, 255))
def test_a_backup_with_another_byte_is_refused_or_holds_the_same(
    whole: bytes, tmp_path: Path, part: float, by: int
) -> None:
    changed = bytearray(whole)
    changed[int(len(whole) * part)] ^= by
    if unzipped(changed) == gzip.decompress(whole):  # a bit that nobody reads
        return
    assert refused(tmp_path, bytes(changed)).endswith("; use another backup")


def unzipped(content: bytes) -> bytes:
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        return b""
