"""No key, password or token of anybody stands in what is published."""

import re
import subprocess

import pytest

from tests.house.sources import ROOT

MADE_UP = {
    "0123456789abcdef0123456789abcdef01234567",  # counts up: nobody was given it
    "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33",  # the SHA-1 of a password in a test
}
CREDENTIALS = re.compile(
    r"""
    (?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])            # Prowl, and many others: 20 bytes in hex
    | -----BEGIN\ (?:[A-Z]+\ )?PRIVATE\ KEY-----\s*\\?n?[A-Za-z0-9+/=]{40}
    | \bgh[pousr]_[A-Za-z0-9]{36}\b                  # GitHub
    | \bAKIA[0-9A-Z]{16}\b                           # Amazon
    | \bxox[abprs]-[A-Za-z0-9-]{20}                  # Slack
    | \beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,} # a signed web token, as Tesla's are
    | \bAGE-SECRET-KEY-1[A-Z0-9]{20}
    | \b(?:session|token|command)_[A-Za-z0-9_-]{40,} # our own, as browsers and programs show them
    """,
    re.VERBOSE,
)


def credentials(text: str) -> list[str]:
    """Return what looks as if somebody could ask with it."""
    return [found for found in CREDENTIALS.findall(text) if found not in MADE_UP]


def test_nothing_that_is_published_holds_a_credential() -> None:
    listed = ["git", "-C", str(ROOT), "ls-files", "--cached", "-z"]
    names = subprocess.run(listed, capture_output=True, check=True).stdout.decode().split("\0")
    found = {}
    for name in filter(None, names):
        path = ROOT / name
        content = path.read_bytes() if path.is_file() else b""
        if b"\0" not in content and (bad := credentials(content.decode("utf-8", "replace"))):
            found[name] = bad
    assert found == {}


@pytest.mark.parametrize(
    "text",
    [
        "prowl_key: " + "9f" * 20,
        "-----BEGIN PRIVATE KEY-----\n" + "A" * 64,
        "token: ghp_" + "a" * 36,
        "aws: AKIA" + "A" * 16,
        "bearer eyJ" + "a" * 30 + ".eyJ" + "b" * 30,
        "Bearer token_" + "x" * 43,
    ],
    ids=["hex", "private key", "GitHub", "Amazon", "web token", "our own"],
)
def test_a_credential_is_noticed(text: str) -> None:
    assert len(credentials(text)) == 1
