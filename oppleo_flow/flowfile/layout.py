"""Where the nodes of a flow are drawn: a file beside it, which no run reads.

`flows/layout/garage.json` is that of `flows/garage.yaml`: one node per line, sorted, so that two
people who move different nodes do not get in each other's way.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

Renames = Iterable[tuple[str, str]]


def layout_file(flow: Path) -> Path:
    """Return where the layout of a flow's file is."""
    return flow.parent / "layout" / f"{flow.stem}.json"


def with_renamed(text: str, renames: Renames) -> str:
    """Return a layout in which nodes have other names, each in the place that it had.

    What cannot be read is left as it is: nodes without a place are put somewhere.
    """
    try:
        layout = json.loads(text)
        places = dict(layout["nodes"])
    except (ValueError, TypeError, KeyError):
        return text
    before = dict(places)
    for old, new in renames:
        if old in places:
            places[new] = places.pop(old)
    return text if places == before else _written(layout, places)


def _written(layout: Mapping[str, object], places: Mapping[str, object]) -> str:
    """Return a layout, with these places of nodes, as its file has it."""
    lines = ",\n".join(f"  {_json(name)}: {_json(places[name])}" for name in sorted(places))
    parts = {
        name: f"{{\n{lines}\n}}" if name == "nodes" else _json(part)
        for name, part in layout.items()
    }
    return f"{{{', '.join(f'{_json(name)}: {part}' for name, part in parts.items())}}}\n"


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False)
