"""The shipped flow in a simulated house, with what deploys into it, and somebody at its page."""

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import oppleo_flow
from oppleo_flow.charging.calendar_rules import SiteCalendars
from oppleo_flow.cli.deploying import Deploying
from oppleo_flow.cli.flow_files import Surroundings
from oppleo_flow.cli.flow_folder import FlowFolder
from oppleo_flow.cli.settings_file import parse_settings
from oppleo_flow.cli.site_settings_file import SiteSettingsFile
from oppleo_flow.flowfile.versions import History
from oppleo_flow.store import open_ledger
from oppleo_flow.testing.house import SimulatedHouse
from tests.webui.api.asking_as import EDITOR, As
from tests.webui.conftest import Client
from webui.app import create_app
from webui.feed import Feed
from webui.parts import Parts
from webui.ports import SiteFacts

SHIPPED = Path(oppleo_flow.__file__).parents[1] / "flows" / "charge-point.yaml"
NAME = "flows/charge-point.yaml"
NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
ZONE = "Europe/Amsterdam"
SECRETS = ("mail_password", "prowl_key")


class PaintedSite:
    """A site whose flow runs in virtual time and can be changed from the page."""

    def __init__(self, file, folder, house, flows, ledger, calendars, variables):
        self.house, self.ledger = house, ledger
        self.file = file
        self.history = History(folder / ".oppleo" / "history")
        self.while_deployed = lambda: None
        first = self.history.record(flows, at=NOON, who="run", why="started from the files")
        self.deploying = Deploying(
            house.runtime,
            FlowFolder(Surroundings.of(folder, variables, simulate=True), self.file),
            self.history,
            first,
            clock=house.clock,
            adapt=lambda _: self.while_deployed(),
        )
        self.facts = SiteFacts(
            clock=house.clock,
            charge_point="house",
            timezone=ZONE,
            books=lambda: ledger,
            calendars=calendars,
            secrets=lambda: [{"name": name, "from": "file", "uses": []} for name in SECRETS],
            settings=SiteSettingsFile(folder) if (folder / "oppleo.yaml").exists() else None,
        )
        self.feed = Feed(house.runtime, house.clock, most_streams=2)
        self.access = As(EDITOR)
        parts = Parts(
            access=self.access,
            runtime=house.runtime,
            feed=self.feed,
            site=self.facts,
            deploying=self.deploying,
        )
        self.client = Client(create_app(parts, built_page=folder))

    @property
    def revision(self):
        return self.deploying.running().revision

    @property
    def lines(self):
        """Return the lines of the flow's file."""
        return self.file.read_text().splitlines()

    def level(self, node, port):
        """Return what a level of the flow holds now."""
        (found,) = [one for one in self.house.runtime.snapshot().nodes if one.id == node]
        return found.levels[port].value

    def ask(self, method, path, body=None):
        data = b"" if body is None else json.dumps(body).encode()
        answer = self.client.ask(method, f"/api/v1/{path}", data)
        return answer.status, answer.json


@contextmanager
def painted_site(folder, text=None, *, file=None, calendars=None, variables=None):
    """Run a flow, the shipped one if it is not told, in a folder of its own or where one says."""
    file = file or folder / NAME
    file.parent.mkdir(parents=True)
    file.write_text(SHIPPED.read_text() if text is None else text)
    given, known = variables or {}, SiteCalendars(calendars or {})
    flow_folder = FlowFolder(Surroundings.of(folder, given, simulate=True), file)
    flows, result = flow_folder.check_disk()
    assert result.graph is not None, result.findings
    with (
        SimulatedHouse(result.graph, folder, NOON, timezone=ZONE, calendars=known) as house,
        open_ledger(house.location, "house") as ledger,
    ):
        house.run_for(1)
        site = PaintedSite(file, folder, house, flows, ledger, known, given)
        yield site
        site.feed.close()


SETTINGS = """\
# Of this house.
format: 1
charge_point: {id: house, name: House}   # its name
timezone: Europe/Amsterdam
currency: EUR
flow: charge-point
calendars:
  dal:
    open:
      - {days: mon-fri, from: 22:00, to: 06:00}   # as the supplier says
      - {days: sun, from: 00:00, to: 24:00}
    holidays: easter+1
"""


def flow_by_dal():
    """Return the shipped flow with a gate that goes by a calendar of the site."""
    text = SHIPPED.read_text()
    start, stop = text.index("    holidays: nl-off-peak"), text.index("  evse:\n")
    return text[:start] + "    calendar: dal\n    keep: durable\n\n" + text[stop:]


@contextmanager
def site_by_dal(folder):
    """Run the shipped flow with a gate that goes by a calendar in the site's `oppleo.yaml`."""
    file = folder / "oppleo.yaml"
    file.write_text(SETTINGS)
    dal = parse_settings(SETTINGS, file.name)[0].calendars["dal"]
    with painted_site(folder, flow_by_dal(), calendars={"dal": dal}) as site:
        site.settings = file
        yield site
