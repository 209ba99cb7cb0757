import base64
import hashlib
import os
import sys

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from oppleo_flow.errors import ConfigError, PayloadError
from oppleo_flow.oppleo_import.totp_secret import unsealed_secret

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def sealed(secret: str, password: str, vector: bytes | None = None) -> str:
    """Seal a secret as Oppleo does."""
    vector = vector or os.urandom(16)
    padding = 16 - len(secret) % 16
    key = hashlib.sha256(password.encode()).digest()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    text = secret.encode() + bytes([padding]) * padding
    return base64.b64encode(vector + encryptor.update(text) + encryptor.finalize()).decode()


@given(st.binary(min_size=10, max_size=40), st.text(min_size=1, max_size=20))
@settings(max_examples=50)
def test_the_password_unseals_what_it_has_sealed(raw, password):
    secret = base64.b32encode(raw).decode()
    assert unsealed_secret(sealed(secret, password), password) == secret


def test_another_password_does_not():
    with pytest.raises(PayloadError) as error:
        unsealed_secret(sealed(SECRET, "geheim!", bytes(16)), "Geheim!")
    assert str(error.value) == "second factor: was sealed with another password"


@pytest.mark.parametrize(
    "text",
    ["", "no base64", base64.b64encode(bytes(16)).decode(), base64.b64encode(bytes(40)).decode()],
)
def test_what_is_no_such_text_is_told(text):
    with pytest.raises(PayloadError) as error:
        unsealed_secret(text, "geheim!")
    assert str(error.value) == "second factor: is not in the form in which Oppleo seals it"


def test_without_the_library_its_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers", None)
    with pytest.raises(ConfigError) as error:
        unsealed_secret(sealed(SECRET, "geheim!"), "geheim!")
    assert str(error.value) == (
        "second factor: the library cryptography is needed to unseal it; "
        "`pip install 'oppleo-flow[backup]'` brings it"
    )
