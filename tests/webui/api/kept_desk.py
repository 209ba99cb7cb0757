"""Somebody at the page of a site whose ledger has two months of sessions."""

from contextlib import contextmanager
from uuid import UUID

from oppleo_flow.clock import VirtualClock
from tests.webui.api.asking_as import OPERATOR, asked_by
from tests.webui.api.kept_books import NOW, books_in, site_of
from tests.webui.conftest import Client
from webui.app import create_app
from webui.parts import Parts


class Notes:
    """Implements `webui.ports.Audit` over a list."""

    def __init__(self):
        self.deeds_done = []

    def note(self, who, what, about, details=""):
        self.deeds_done.append((who, what, about, details))


class Desk:
    """Somebody at the page of a site with a ledger."""

    def __init__(self, app, ledger, notes, clock):
        self.client, self.app = Client(app), app
        self.ledger, self.notes, self.clock = ledger, notes, clock

    def get(self, path):
        answer = self.client.get(f"/api/v1/{path}")
        return answer.status, answer.json

    def post(self, path, body):
        answer = self.client.post(f"/api/v1/{path}", body)
        return answer.status, answer.json

    def numbers(self, query=""):
        status, told = self.get(f"sessions{query}")
        assert status == 200, told
        return [UUID(one["session_id"]).int for one in told["items"]]


@contextmanager
def desk_in(folder, runtime, feed):
    """Open the ledger in a folder, and the desk of an operator over it."""
    notes, clock = Notes(), VirtualClock(NOW)
    with books_in(folder) as books:
        site = site_of(books.ledger, books.location, folder, clock)
        parts = Parts(runtime=runtime, feed=feed, site=site, audit=notes)
        app = create_app(parts, built_page=folder / "page")
        asked_by(app, OPERATOR)
        yield Desk(app, books.ledger, notes, clock)
