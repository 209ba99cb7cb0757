"""What is installed is pinned by hash, and says nothing of where it came from."""

import json
import re

import pytest

from tests.house.sources import text

REQUIREMENTS = ["requirements.lock", "requirements-build.lock", "requirements-dev.lock"]
PAGE_LOCK = "webui/frontend/package-lock.json"
ADDRESS = re.compile(r"\w+://|file:|--(?:index|extra-index|find-links|trusted-host)|@ ")


@pytest.mark.parametrize("name", [*REQUIREMENTS, PAGE_LOCK])
def test_a_lock_names_no_address(name: str) -> None:
    assert [line for line in text(name).splitlines() if ADDRESS.search(line)] == []


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_requirement_is_pinned_with_its_hashes(name: str) -> None:
    entries = re.split(r"\n(?=\S)", re.sub(r"(?m)^ *#.*\n", "", text(name)).strip())

    pinned = re.compile(
        r"[\w.-]+==\S+(?: ; [^\\]+)? \\(?:\n    --hash=sha256:[0-9a-f]{64}(?: \\)?)+"
    )
    assert [entry for entry in entries if not pinned.fullmatch(entry)] == []


@pytest.mark.parametrize("name", REQUIREMENTS[:-1])
def test_development_uses_the_versions_that_users_get(name: str) -> None:
    assert pins(name).items() <= pins("requirements-dev.lock").items()


def test_mfrc522_does_not_bring_the_library_that_it_asks_for() -> None:
    assert "mfrc522" in pins("requirements.lock")
    assert "rpi-gpio" not in pins("requirements.lock")


def test_the_page_lock_pins_every_package_by_hash() -> None:
    packages = json.loads(text(PAGE_LOCK))["packages"]

    assert [name for name, package in packages.items() if name and "integrity" not in package] == []


def pins(name: str) -> dict[str, str]:
    """Return what a lock pins: name to version."""
    return dict(re.findall(r"(?m)^([\w.-]+)==(\S+)", text(name)))
