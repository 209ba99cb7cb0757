"""`oppleo-flow hardware probe`: a verdict on every part that a flow is wired to.

Nothing moves and nothing is written; the site must not run meanwhile.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final, Literal

from oppleo_flow.cli.command import PROGRAM
from oppleo_flow.cli.connecting import Verdict, look_at
from oppleo_flow.cli.flow_part import part_of
from oppleo_flow.cli.hardware_advice import advice, missing_of
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.trial_kinds import KIND_OF
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.flowfile.hardware_parts import Part, connected_parts_of
from oppleo_flow.immutable import immutable

PartLevel = Literal["ok", "bad", "not moved"]
_WIDTH: Final = len("not moved")


@immutable
class PartVerdict:
    """How a part was found; `check` says what to look at, or how to try it by hand.

    What could not be asked is bad because of another part: it stands `behind` that.
    """

    name: str
    type: str
    level: PartLevel
    text: str
    check: str = ""
    behind: str = ""

    def __str__(self) -> str:
        """Return it as a line, and what to check as a second one."""
        check = f"\n{'':<{_WIDTH}}  → {self.check}" if self.check else ""
        return f"{self.level:<{_WIDTH}}  {self.name} ({self.type}): {self.text}{check}"

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON data."""
        return {**asdict(self), "behind": self.behind or None}


def probed(site: Site, graph: Graph, words: str = "") -> list[PartVerdict]:
    """Look at every part of a flow; the site is locked.  What is on a bad bus is bad, too.

    `words` is how a command line names the site.
    """
    parts = {part.name: part for part in connected_parts_of(graph)}
    verdicts = {
        name: PartVerdict(name, parts[name].type, "bad", lacks.text, lacks.remedy)
        for name, plan in graph.connections.items()
        if name in parts and (lacks := missing_of(plan)) is not None
    }
    buses = [name for name in parts if name in graph.connections and name not in verdicts]
    devices = [
        name
        for name in parts
        if name in graph.nodes and not verdicts.keys() & set(graph.nodes[name].connections)
    ]
    seen = {one.name: one for one in look_at(site, part_of(graph, devices, buses))}
    for part in parts.values():  # the buses come first
        if part.name in verdicts:
            continue
        found = _verdict(part, seen.get(part.name), graph, verdicts)
        if found.level == "not moved":
            found = replace(found, check=_try_it(part, parts.values(), words))
        elif found.level == "bad" and part.name in seen:
            error = seen[part.name].error
            found = replace(found, check=advice(part, parts, graph, site.folder, error))
        verdicts[part.name] = found
    return [verdicts[name] for name in parts]


def _verdict(
    part: Part, seen: Verdict | None, graph: Graph, others: Mapping[str, PartVerdict]
) -> PartVerdict:
    plan = graph.nodes.get(part.name)
    if plan is not None:
        bad = [n for n in plan.connections if n in others and others[n].level == "bad"]
        if bad:
            text = f"could not be asked, because {bad[0]} is bad"
            return PartVerdict(part.name, part.type, "bad", text, behind=bad[0])
        if seen is None or seen.level == "skipped":
            where = part.place or f"through {part.through}"
            return PartVerdict(part.name, part.type, "not moved", where)
    assert seen is not None  # a connection is always asked
    level: PartLevel = "bad" if seen.level == "bad" else "ok"
    return PartVerdict(part.name, part.type, level, seen.text)


def _try_it(part: Part, parts: Iterable[Part], words: str) -> str:
    kind = KIND_OF.get(part.type)
    if kind is None:
        return "run the flow to try it"
    several = sum(other.type == part.type for other in parts) > 1
    which = f" --node {part.name}" if several else ""
    return f"try it: {PROGRAM} hardware test {kind}{words and f' {words}'}{which}"


def in_a_sentence(verdicts: Sequence[PartVerdict]) -> str:
    """Return what there is to say of all parts together."""
    bad = [one for one in verdicts if one.level == "bad"]
    still = [one.name for one in verdicts if one.level == "not moved"]
    asked = len(verdicts) - len(still)
    if not verdicts:
        return "this flow is wired to no hardware"
    text = f"{asked - len(bad)} of {asked} parts answer"
    if still:
        text += f", {len(still)} {_was_or_were(still)} not moved"
    first = [one.name for one in bad if not one.behind]
    return f"{text}; look at {_listed(first)}" if bad else text


def _was_or_were(names: Sequence[str]) -> str:
    return "was" if len(names) == 1 else "were"


def _listed(names: Sequence[str]) -> str:
    """Return names as `a`, `a and b` or `a, b and c`."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
