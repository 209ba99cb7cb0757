"""Off-peak hours: the calendars of a site, painted into the text of the flow and deployed."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Final, Literal, Protocol, cast
from zoneinfo import ZoneInfo

from oppleo_flow.charging.calendar_days import holidays_ahead
from oppleo_flow.charging.calendar_rules import CalendarRules, OpenWindow
from oppleo_flow.charging.calendar_week import week_of
from oppleo_flow.charging.holidays import parse_holidays
from oppleo_flow.flowfile.editing import FlowText
from oppleo_flow.flowfile.editing.values import Path
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.flowfile.versions import FlowSet
from oppleo_flow.immutable import immutable
from webui.api.audit import Deeds, who_asks
from webui.api.calendar_models import (
    CalendarAnswer,
    CalendarsAnswer,
    GateAnswer,
    Paint,
    PaintedAnswer,
    Shut,
)
from webui.api.flow import told
from webui.calendar_text import CalendarText
from webui.ports import Deploying, Runtime, SiteFacts
from webui.problem import problem
from webui.reading import read_body
from webui.setting_text import SettingText
from webui.site_calendars import FILE, SiteCalendarFile
from webui.subflow_parts import Stands, SubflowParts

_GATE: Final = "offpeak-gate"
_MONTHS_AHEAD: Final = 24
_LIST = "nl-off-peak"


class GateConfig(Protocol):
    """What of the settings of a gate matters here."""

    enabled: bool
    calendar: str | None
    open: tuple[OpenWindow, ...] | None

    def rules(self) -> CalendarRules:
        """Return the calendar that stands in the flow itself."""
        ...


@immutable
class Gate:
    """A gate of the flow that runs: where it stands, and where that says whether it ever shuts.

    Both are None where nothing can be changed.  `said_at` is where it is said really whether it
    shuts, and `variable` the one that says so, if one does.
    """

    node: str
    config: GateConfig
    stands: Stands | None
    switch: Stands | None
    said_at: Path = ()
    variable: str | None = None

    @property
    def file(self) -> str:
        """Return the file that it stands in; empty where that is not known here."""
        return "" if self.stands is None else self.stands.file

    def has_calendar_of(self, other: "Gate") -> bool:
        """Return whether its calendar is the text of another one's, and means the same."""
        stands_there = self.stands is not None and self.stands == other.stands
        return stands_there and self.config.rules() == other.config.rules()


class Calendars:
    """The routes of `/api/v1/calendars` and `/api/v1/gates`."""

    def __init__(
        self, runtime: Runtime, site: SiteFacts, deploying: Deploying | None, deeds: Deeds
    ) -> None:
        self._runtime = runtime
        self._site = site
        self._found = deploying
        self._deeds = deeds
        self._file = SiteCalendarFile(site)
        self._looked: tuple[Graph, FlowSet | None, Sequence[Gate]] | None = None

    def show(self) -> CalendarsAnswer:
        """Answer `GET /api/v1/calendars`."""
        gates = self._gates()
        own = _alike(gate for gate in gates if gate.config.calendar is None)
        return {
            "revision": self._revision,
            "items": [*(self._own(*some) for some in own), *self._of_site()],
            "gates": [self._gate(gate, own, gates) for gate in gates],
        }

    def paint(self, name: str) -> PaintedAnswer:
        """Answer `PATCH /api/v1/calendars/NAME`: change its text, and let that run.

        What stands in the settings of the site runs from the next start on.

        Raises:
            Refused: It cannot be changed from here, or the way it is written cannot be edited.
        """
        asked = read_body(Paint)
        of_site = self._file.rules().get(name)
        if of_site is not None:
            diff = self._file.change(name, asked.revision, _painted(asked, of_site.open))
            self._deeds.note("settings", f"calendar {name!r}", diff)
            return {**self.show(), "version": None, "diff": diff}
        gate = self._gate_named(name)
        change = _painted(asked, gate.config.open or ())
        return self._deploy(gate.stands, asked.revision, change, f"{name}: other off-peak hours")

    def shut(self, node: str) -> PaintedAnswer:
        """Answer `PUT /api/v1/gates/NODE`: whether it lets the car charge off-peak only."""
        asked = read_body(Shut)
        gate = self._gate_named(node)
        how = "off-peak hours only" if asked.enabled else "at all hours"

        def change(text: CalendarText) -> None:
            text.enable(gate.said_at, asked.enabled)

        made = self._deploy(gate.switch, asked.revision, change, f"{node}: {how}")
        now = self._gate_named(node)
        if now.config.enabled is not asked.enabled:
            raise problem(
                409,
                "overridden",
                f"{node}: the flow says so now, but a variable that was set from outside, when it "
                "was started, goes before it",
            )
        return made

    # -- what there is -------------------------------------------------------------------------

    def _gates(self) -> Sequence[Gate]:
        """Return the gates; they are looked for again only when something else runs."""
        graph = self._runtime.graph
        flows = None if self._found is None else self._found.running().flows
        before = self._looked
        if before is not None and before[0] is graph and before[1] is flows:
            return before[2]
        found = tuple(_gates_of(graph, flows))
        self._looked = graph, flows, found
        return found

    def _gate_named(self, node: str) -> Gate:
        for gate in self._gates():
            if gate.node == node:
                return gate
        raise problem(404, "no-such-gate", f"no gate {node[:100]!r} runs now")

    @property
    def _revision(self) -> str | None:
        return self._found.running().revision if self._found else None

    def _gate(self, gate: Gate, own: list[list[Gate]], gates: Sequence[Gate]) -> GateAnswer:
        named = next((some[0].node for some in own if gate in some), gate.node)
        alike = [one.node for one in gates if one.switch == gate.switch]
        return {
            "node": gate.node,
            "calendar": gate.config.calendar or named,
            "enabled": gate.config.enabled,
            "variable": gate.variable,
            "editable": gate.switch is not None,
            "counts_for": [gate.node] if gate.switch is None else alike,
        }

    def _own(self, gate: Gate, *alike: Gate) -> CalendarAnswer:
        """Return the calendar of a gate, and of those `alike` that have the very same."""
        return {
            **self._calendar(gate.node, gate.config.rules()),
            "node": gate.node,
            "counts_for": [gate.node, *(one.node for one in alike)],
            "file": gate.file,
            "revision": self._revision if gate.stands is not None else None,
        }

    def _of_site(self) -> Iterator[CalendarAnswer]:
        for name, rules in self._file.rules().items():
            yield {
                **self._calendar(name, rules),
                "revision": self._file.revision,
                "pending": self._file.is_pending(name),
            }

    def _calendar(self, name: str, rules: CalendarRules) -> CalendarAnswer:
        calendar = rules.calendar(self._site.timezone)
        now = self._site.clock.now()
        edge = calendar.next_edge(now)
        today = now.astimezone(ZoneInfo(self._site.timezone)).date()
        return {
            "name": name,
            "node": None,
            "counts_for": [],
            "file": FILE,
            "revision": None,
            "pending": False,
            "timezone": calendar.zone.key,
            "week": [list(day) for day in week_of(calendar.windows)],
            "rules": [{"rule": rule, "kind": _kind(rule)} for rule in rules.holidays],
            "countries": [
                {"country": one.country, "subdivision": one.subdivision, "names": list(one.names)}
                for one in rules.public_holidays
            ],
            "holidays": [
                {"day": one.day.isoformat(), "name": one.name, "rule": one.rule}
                for one in holidays_ahead(rules, today, _end_of_month(today, _MONTHS_AHEAD))
            ],
            "open_now": calendar.is_open(now),
            "until": None if edge is None else edge.isoformat(),
        }

    # -- changing it ---------------------------------------------------------------------------

    def _deploy(
        self,
        stands: Stands | None,
        revision: str,
        change: Callable[[CalendarText], None],
        why: str,
    ) -> PaintedAnswer:
        """Change the text in which a gate stands, or its use, and let that run."""
        deploying = self._found
        if deploying is None or stands is None:
            raise problem(404, "no-deploys", "nothing can be deployed here")
        before = deploying.running()
        if revision != before.revision:
            raise problem(
                412, "stale", "the flow was changed meanwhile; look at it again", conflicts=[]
            )
        text = CalendarText(
            FlowText(before.flows.files[stands.file], stands.file),
            stands.path,
            in_subflow=stands.parameters is not None,
        )
        change(text)
        files: Mapping[str, str] = {stands.file: text.text}
        version, _ = told(lambda: deploying.deploy(files, revision, who=who_asks(), why=why))
        return {
            **self.show(),
            "version": version.number,
            "diff": deploying.differences(before.number, version.number),
        }


def _gates_of(graph: Graph, flows: FlowSet | None) -> Iterator[Gate]:
    """Yield the gates of a flow; `flows` has its texts, None where nothing can be changed."""
    gates = _configs(graph)
    if flows is None:
        yield from (Gate(node, config, None, None) for node, config in gates)
        return
    read = cache(lambda file: SettingText(flows.files[file], file))
    parts = SubflowParts(graph, flows, read)
    for node, config in gates:
        stands, switch = parts.stands(node), parts.option(node, "enabled")
        if switch is None or switch.parameters is not None:
            yield Gate(node, config, stands, switch, () if switch is None else switch.path)
        else:
            yield Gate(node, config, stands, switch, *read(switch.file).owner(switch.path))


def _alike(gates: Iterable[Gate]) -> list[list[Gate]]:
    """Return the gates in groups that have the very same calendar: of all uses of a subflow."""
    found: list[list[Gate]] = []
    for gate in gates:
        same = [some for some in found if gate.has_calendar_of(some[0])]
        if same:
            same[0].append(gate)
        else:
            found.append([gate])
    return found


def _painted(asked: Paint, windows: Sequence[OpenWindow]) -> Callable[[CalendarText], None]:
    """Return what puts into a text what is asked for; `windows` are those it has."""

    def change(text: CalendarText) -> None:
        try:
            if asked.week is not None:
                text.paint([one.window() for one in windows], tuple(map(tuple, asked.week)))
            if asked.holidays is not None:
                rules = list(dict.fromkeys(asked.holidays))
                for rule in rules:
                    parse_holidays(rule)
                text.name_holidays(rules)
        except ValueError as error:
            raise problem(422, "wrong-body", str(error)) from error

    return change


def own_calendars(graph: Graph) -> dict[str, CalendarRules]:
    """Return the calendars that stand in gates of a flow, by the ids of these."""
    gates = _configs(graph)
    return {node: config.rules() for node, config in gates if config.calendar is None}


def _configs(graph: Graph) -> Iterator[tuple[str, GateConfig]]:
    """Yield the id and the settings of each gate of a flow."""
    for one in graph.nodes.values():
        if one.spec.type_name == _GATE:
            yield one.id, cast("GateConfig", one.config)


def _kind(rule: str) -> Literal["list", "easter", "yearly", "once"]:
    if rule == _LIST:
        return "list"
    if rule.startswith("easter"):
        return "easter"
    return "yearly" if re.fullmatch(r"\d{2}-\d{2}", rule) else "once"


def _end_of_month(day: date, months: int) -> date:
    """Return the first day after the month that comes so many months after a day's own."""
    years, month = divmod(day.month + months, 12)
    return date(day.year + years, month + 1, 1)
