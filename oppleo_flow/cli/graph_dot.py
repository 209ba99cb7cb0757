"""A flow as a Graphviz graph, for `dot -Tsvg`.

What moves the world has a double edge, what does not run is dashed.  The line of a level has an
open arrow, that of a durable wire is bold.
"""

from collections.abc import Iterator

from oppleo_flow.cli.graph_sketch import Box, Line, Sketch


def dot(sketch: Sketch) -> str:
    """Return the flow in the language DOT."""
    return "\n".join(_lines(sketch))


def _lines(sketch: Sketch) -> Iterator[str]:
    yield f"digraph {_quoted(sketch.name)} {{"
    yield "  rankdir=LR;"
    yield "  node [shape=box];"
    for group, boxes in sketch.groups.items():
        yield from _cluster(group, [f"{_quoted(box.name)}{_box_style(box)};" for box in boxes])
    for flow in sketch.flows:
        yield f"  {_quoted(flow)} [shape=plaintext];"
    for line in sketch.lines:
        yield f"  {_quoted(line.source)} -> {_quoted(line.target)}{_line_style(line)};"
    yield "}"


def _cluster(group: str, boxes: list[str]) -> Iterator[str]:
    if not group:
        yield from (f"  {box}" for box in boxes)
        return
    yield f"  subgraph {_quoted(f'cluster {group}')} {{"
    yield f"    label={_quoted(group)};"
    yield from (f"    {box}" for box in boxes)
    yield "  }"


def _box_style(box: Box) -> str:
    styles = {"label": _quoted("\n".join(box.words))}
    if box.moves:
        styles["peripheries"] = "2"
    if box.note:
        styles["style"] = "dashed"
    return _attributes(styles)


def _line_style(line: Line) -> str:
    styles = {}
    ports = [line.source_port, line.target_port]
    if any(ports):
        styles["label"] = _quoted(" → ".join(port for port in ports if port))
    if line.kind == "level":
        styles["arrowhead"] = "onormal"
    if line.durable:
        styles["style"] = "bold"
    return _attributes(styles)


def _attributes(styles: dict[str, str]) -> str:
    return f" [{', '.join(f'{name}={value}' for name, value in styles.items())}]" if styles else ""


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
