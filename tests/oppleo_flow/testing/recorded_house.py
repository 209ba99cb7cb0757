"""A recording of the shipped flow in a simulated house, and flows to replay it through."""

from collections.abc import Callable, Mapping
from pathlib import Path

from oppleo_flow.engine import recorder
from oppleo_flow.flowfile import CheckSettings, check_text
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.registry import Registry
from oppleo_flow.testing.bench import NOON
from oppleo_flow.testing.house import House

FLOW = Path(__file__).parents[3] / "flows" / "charge-point.yaml"


def flow_text(changes: Mapping[str, str] | None = None) -> str:
    """Return the shipped flow without its tests, changed."""
    text = FLOW.read_text().partition("\n# What this flow promises")[0]
    for old, new in (changes or {}).items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def graph_of_text(text: str) -> Graph:
    checked = check_text(text, "flow.yaml", Registry.installed(), CheckSettings(simulate=True))
    assert checked.graph is not None, checked.errors
    return checked.graph


def record_house(
    folder: Path,
    live: Callable[[House], object],
    *,
    begin: Callable[[House], object] = lambda _: None,
) -> Path:
    """Let people live in a house, and return the recording of what its flow did since `begin`."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "recording.ndjson"
    with House(flow_text(), folder, NOON) as house:
        begin(house)
        made = house.runtime.record(1_000_000)
        nodes = [node for node in house.graph.nodes.values() if not node.disabled]
        lines = [
            recorder.header(
                made,
                house.now(),
                charge_point="house",
                timezone="Europe/Amsterdam",
                nodes=[node.id for node in nodes],
                sources=[node.id for node in nodes if not node.spec.inputs],
            ),
            *recorder.held(made, house.now()),
        ]
        live(house)
        lines += made.lines(1_000_000)
        lines.append(recorder.end("the test is over", house.now()))
        made.close()
    file.write_text("".join(lines))
    return file
