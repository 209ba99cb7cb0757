from collections.abc import Iterator
from pathlib import Path

import pytest

from oppleo_flow.store import Ledger, StoreLocation, open_ledger


@pytest.fixture
def location(tmp_path: Path) -> StoreLocation:
    return StoreLocation(tmp_path / "ledger.sqlite")


@pytest.fixture
def ledger(location: StoreLocation) -> Iterator[Ledger]:
    with open_ledger(location, "cp") as opened:
        yield opened
