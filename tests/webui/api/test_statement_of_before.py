"""A personal statement of before it told of nobody else: kept, and not given to its driver."""

import hashlib
import json
import sqlite3
from contextlib import closing

import pytest

from tests.webui.api.asking_as import DRIVER, OPERATOR, asked_by
from tests.webui.api.kept_desk import desk_in

FILE = "/api/v1/statements/cp-202601/{}/files/cp-202601-v{}.ndjson"


@pytest.fixture
def desk(runtime, feed, tmp_path):
    with desk_in(tmp_path, runtime, feed) as desk:
        yield desk


def make_it_one_of_before(folder):
    """Let what was issued say how many sessions others had, as it did once."""
    (file,) = folder.rglob("cp-202601-v1.ndjson")
    first, *rest = file.read_bytes().splitlines(keepends=True)
    told = json.loads(first)
    told["other"]["sessions"] = 1
    content = b"".join([json.dumps(told).encode() + b"\n", *rest])
    file.chmod(0o600)
    file.write_bytes(content)
    (ledger,) = folder.rglob("ledger.sqlite")
    with closing(sqlite3.connect(ledger)) as db, db:
        db.execute("UPDATE statements SET content_hash = ?", [hashlib.sha256(content).hexdigest()])


def test_a_driver_is_told_what_to_do_and_gets_the_version_that_is_issued_then(desk, tmp_path):
    january = {"period": "2026-01", "driver": "Anna"}
    desk.post("statements", january)
    make_it_one_of_before(tmp_path)
    asked_by(desk.app, DRIVER)
    for name in ("cp-202601-v1.ndjson", "cp-202601-v1.csv"):
        status, told = desk.get(f"statements/cp-202601/1/files/{name}")
        assert (status, told["detail"]) == (
            409,
            "statement cp-202601 v1: tells what others have charged; "
            "ask who keeps the books to issue it again, and take that version",
        )
    asked_by(desk.app, OPERATOR)
    assert desk.client.get(FILE.format(1, 1)).status == 200
    desk.post("statements", january)
    asked_by(desk.app, DRIVER)
    again = desk.client.get(FILE.format(2, 2))
    assert again.status == 200
    assert json.loads(again.body.splitlines()[0])["other"] == {"unfinished": 0}
