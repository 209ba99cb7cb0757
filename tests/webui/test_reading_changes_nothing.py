"""Whatever is read of a site over the API, all that it keeps is afterwards as it was."""

import sqlite3
from contextlib import closing

from oppleo_flow.accounts.rights import RIGHTS, Role
from tests.webui.api.painted_site import painted_site
from tests.webui.test_app import TABLE, example
from webui.asking import By, Who

ADMIN = Who("Ada", Role.ADMIN, None, RIGHTS[Role.ADMIN], By.COOKIE)
ENDLESS = ("/events", "/hints", "/taps", "/traces", "/recording")
"""What answers for as long as somebody reads; each has tests of its own."""
TEXTS = {".yaml", ".json", ".py"}
MADE_OF_THE_REST = tuple(
    f'INSERT INTO "{table}"' for table in ("session_index", "session_stale", "session_words")
)
"""What is brought up to date when somebody looks for sessions."""


def kept(folder):
    """Return what every database and every text of a site holds."""
    found = {}
    for file in sorted(folder.rglob("*")):
        if file.suffix == ".sqlite":
            with closing(sqlite3.connect(file)) as database:
                lines = database.iterdump()
                found[file.name] = [one for one in lines if not one.startswith(MADE_OF_THE_REST)]
        elif file.suffix in TEXTS:
            found[str(file)] = file.read_text()
    return found


def test_reading_every_address_changes_nothing_that_is_kept(tmp_path):
    with painted_site(tmp_path) as site:
        site.access.now = ADMIN
        site.house.world.swipe("family")
        site.house.run_for(5)
        (session,) = (one.session_id for one in site.ledger.sessions.latest(1))
        before = kept(tmp_path)
        assert any("family" in str(lines) for lines in before.values())
        statuses = set()
        for row in TABLE:
            if row.method == "GET" and not row.path.endswith(ENDLESS):
                path = example(row.path.replace("<session_id>", str(session)))
                statuses.add(site.client.ask("GET", path).status)
        assert 200 in statuses
        assert kept(tmp_path) == before
