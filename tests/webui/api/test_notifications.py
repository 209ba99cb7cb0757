"""What people were told, over the API."""

from datetime import UTC, datetime, timedelta

import pytest

from oppleo_flow.charging.told import ToldOnce
from oppleo_flow.store import StoreLocation, open_ledger
from tests.webui.api.asking_as import DRIVER, OPERATOR, asked_by
from tests.webui.conftest import Client
from webui.app import create_app
from webui.parts import Parts
from webui.ports import SiteFacts

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def told(number, **facts):
    usual = {"node": "page", "event": "fault", "priority": 1, "title": f"No. {number}"}
    at = NOON + timedelta(minutes=number)
    return ToldOnce(told_id=str(number), at=at, text="…", **({"result": "shown"} | usual | facts))


@pytest.fixture
def ask(runtime, feed, tmp_path):
    with open_ledger(StoreLocation(tmp_path / "ledger.sqlite"), "garage") as ledger:
        for one in (
            told(1),
            told(2, event="session-ended", priority=0),
            told(3, node="push", result="failed", error="Connection refused", tries=4),
            told(4, event="session-ended", node="push", result="sent"),
        ):
            ledger.told.record(one)

        def ask(query="", who=OPERATOR, books=lambda: ledger):
            site = SiteFacts(books=books)
            app = create_app(Parts(runtime=runtime, feed=feed, site=site), built_page=tmp_path)
            asked_by(app, who)
            return Client(app).get(f"/api/v1/notifications{query}")

        yield ask


def titles(answer):
    return [one["title"] for one in answer.json["items"]], answer.json["total"]


def test_the_newest_stands_first_with_how_it_went(ask):
    answer = ask()
    assert titles(answer) == (["No. 4", "No. 3", "No. 2", "No. 1"], 4)
    assert answer.json["items"][1] == {
        "id": "push/3",
        "node": "push",
        "at": "2026-01-15T12:03:00+00:00",
        "event": "fault",
        "priority": 1,
        "title": "No. 3",
        "text": "…",
        "result": "failed",
        "error": "Connection refused",
        "tries": 1,
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("?event=session-ended", (["No. 4", "No. 2"], 2), id="of one kind"),
        pytest.param("?node=page", (["No. 2", "No. 1"], 2), id="of who told it"),
        pytest.param("?result=failed", (["No. 3"], 1), id="of how it went"),
        pytest.param("?limit=1&offset=1", (["No. 3"], 4), id="a part"),
        pytest.param("?order=asc&limit=2", (["No. 1", "No. 2"], 4), id="the oldest first"),
    ],
)
def test_a_part_of_it_is_found(ask, query, found):
    assert titles(ask(query)) == found


def test_what_is_no_kind_of_event_is_refused(ask):
    answer = ask("?event=party")
    assert (answer.status, answer.json["code"]) == (422, "wrong-query")


def test_a_driver_is_not_told_what_others_do(ask):
    assert ask(who=DRIVER).status == 403


def test_a_site_without_a_ledger_has_told_nothing(ask):
    assert titles(ask(books=None)) == ([], 0)
