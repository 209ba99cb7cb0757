import io

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oppleo_flow.errors import StoreError
from oppleo_flow.store.backup.age import PIECE, Sealed, Unsealed, WrongPassphrase, is_sealed

WORK = 4  # so that the tests need not wait for what makes guessing slow
SEALED_PIECE = PIECE + 16
CHANGED = "b.age: was changed or cut off since it was written; use another backup"


def sealed(content: bytes, passphrase: str = "open sesame") -> bytes:
    file = io.BytesIO()
    writer = Sealed(file, passphrase, work=WORK)
    writer.write(content)
    writer.finish()
    return file.getvalue()


def unsealed(content: bytes, passphrase: str = "open sesame") -> bytes:
    return Unsealed(io.BytesIO(content), passphrase, "b.age").readall()


def header_size(content: bytes) -> int:
    """Return where the pieces begin: after the line of the header's seal, and 16 bytes."""
    return content.index(b"\n", content.index(b"\n---") + 1) + 1 + 16


SIZES = pytest.mark.parametrize(
    "size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE], ids="{} bytes".format
)


@SIZES
def test_what_is_sealed_is_read_again(size):
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    assert unsealed(sealed(content)) == content


@SIZES
def test_age_itself_opens_what_is_sealed(size):
    assert pyrage.passphrase.decrypt(sealed(b"x" * size), "open sesame") == b"x" * size


@settings(max_examples=25)
@given(st.lists(st.binary(max_size=2 * PIECE), max_size=4), st.integers(1, 3 * PIECE))
def test_how_it_is_written_and_read_makes_no_difference(parts, step):
    file = io.BytesIO()
    writer = Sealed(file, "é 漢", work=1)
    for part in parts:
        writer.write(part)
    writer.finish()
    file.seek(0)
    reader = Unsealed(file, "é 漢", "b.age")
    assert b"".join(iter(lambda: reader.read(step), b"")) == b"".join(parts)


def test_what_is_sealed_says_nothing_of_its_content():
    assert b"content" not in sealed(b"content" * 1000)
    assert sealed(b"content") != sealed(b"content")
    assert is_sealed(sealed(b""))
    assert not is_sealed(b"\x1f\x8b")


def test_another_passphrase_is_told_apart_from_damage():
    with pytest.raises(WrongPassphrase) as error:
        unsealed(sealed(b"content"), "open barley")
    assert str(error.value) == "b.age: cannot be opened with this passphrase"


THREE = sealed(b"a" * PIECE + b"b" * PIECE + b"c" * 100)
FROM = header_size(THREE)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(THREE[:-1], id="cut off by a byte"),
        pytest.param(THREE[: FROM + 2 * SEALED_PIECE], id="the last piece is gone"),
        pytest.param(THREE[: FROM + SEALED_PIECE], id="two pieces are gone"),
        pytest.param(THREE[:FROM], id="all pieces are gone"),
        pytest.param(THREE[: FROM - 3], id="cut off within the header"),
        pytest.param(THREE + b"x", id="something follows"),
        pytest.param(THREE + THREE[FROM:], id="it is there twice"),
        pytest.param(
            THREE[:FROM]
            + THREE[FROM + SEALED_PIECE : FROM + 2 * SEALED_PIECE]
            + THREE[FROM : FROM + SEALED_PIECE]
            + THREE[FROM + 2 * SEALED_PIECE :],
            id="two pieces changed places",
        ),
        pytest.param(THREE[:FROM] + THREE[FROM + SEALED_PIECE :], id="the first piece is gone"),
        pytest.param(THREE.replace(b"\n---", b"\n--- "), id="the header's seal was moved"),
    ],
)
def test_a_change_is_found(changed):
    with pytest.raises(StoreError) as error:
        unsealed(changed)
    assert str(error.value) == CHANGED


@settings(max_examples=60)
@given(st.integers(0, len(THREE) - 1), st.integers(1, 255))
def test_any_byte_that_is_changed_is_found(at, by):
    changed = bytearray(THREE)
    changed[at] ^= by
    with pytest.raises(StoreError):
        unsealed(bytes(changed))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "b.age: is not an encrypted backup", id="an empty file"),
        pytest.param(b"\x1f\x8b...", "b.age: is not an encrypted backup", id="another file"),
        pytest.param(
            b"age-encryption.org/v1\n-> X25519 abc\nabc\n--- abc\n",
            "b.age: is not encrypted with a passphrase",
            id="encrypted with a key",
        ),
        pytest.param(
            b"age-encryption.org/v1\n-> scrypt aaaaaaaaaaaaaaaaaaaaaa 30\nabc\n--- abc\n",
            "b.age: asks for too much work to open it, got 2^30",
            id="work without end",
        ),
    ],
)
def test_another_file_is_refused(content, message):
    with pytest.raises(StoreError) as error:
        unsealed(content)
    assert str(error.value) == message
