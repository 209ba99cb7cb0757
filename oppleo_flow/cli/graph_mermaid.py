"""A flow as a Mermaid flowchart, which many sites and editors show.

What moves the world has a double edge, what does not run is dashed.  The line of a level is
dotted, that of a durable wire is thick.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from oppleo_flow.cli.graph_sketch import Box, Line, Sketch

_RESERVED: Final = (
    *("call", "class", "classdef", "click", "default", "direction", "end", "flowchart", "graph"),
    *("href", "interpolate", "linkstyle", "style", "subgraph"),
)


def mermaid(sketch: Sketch) -> str:
    """Return the flow as a flowchart."""
    return "\n".join(_lines(sketch))


def _lines(sketch: Sketch) -> Iterator[str]:
    flows = sketch.flows
    names = _names([*sketch.boxes, *flows, *map(_frame, sketch.groups)])
    yield "flowchart LR"
    for group, boxes in sketch.groups.items():
        yield from _subgraph(group, [_box(box, names) for box in boxes], names)
    yield from (f'  {names[flow]}("{flow}")' for flow in flows)
    for line in sketch.lines:
        yield f"  {names[line.source]} {_arrow(line)} {names[line.target]}"
    idle = [names[box.name] for box in sketch.boxes.values() if box.note]
    if idle:
        yield "  classDef idle stroke-dasharray: 4"
        yield f"  class {','.join(idle)} idle"


def _names(things: list[str]) -> Mapping[str, str]:
    """Return a name for each that means nothing else and that no other has."""
    names: dict[str, str] = {}
    for thing in things:
        name = re.sub(r"\W", "_", thing)
        while name.lower() in _RESERVED or name in names.values():
            name += "_"
        names[thing] = name
    return names


def _frame(group: str) -> str:
    """Return what the frame around a group is called: a box may have the group's name."""
    return f"in {group}"


def _subgraph(group: str, boxes: list[str], names: Mapping[str, str]) -> Iterator[str]:
    if not group:
        yield from (f"  {box}" for box in boxes)
        return
    yield f'  subgraph {names[_frame(group)]}["{group}"]'
    yield from (f"    {box}" for box in boxes)
    yield "  end"


def _box(box: Box, names: Mapping[str, str]) -> str:
    shown = "<br>".join(box.words)
    return f'{names[box.name]}[["{shown}"]]' if box.moves else f'{names[box.name]}["{shown}"]'


def _arrow(line: Line) -> str:
    arrow = "==>" if line.durable else "-.->" if line.kind == "level" else "-->"
    ports = " → ".join(port for port in (line.source_port, line.target_port) if port)
    return f"{arrow}|{ports}|" if ports else arrow
