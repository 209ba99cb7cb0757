"""Tables for the wall beside the box: the pins of the header, and how meters come, as Markdown."""

from collections.abc import Iterable, Sequence

from oppleo_flow.cli.hardware_parts import Part
from oppleo_flow.cli.wiring_diagram import BOARD_PIN_OF
from oppleo_flow.devices.profile_files import built_in_models, meter_profile


def pin_table(parts: Sequence[Part]) -> str:
    """Return every wire at the header, in the order of its pins."""
    wires = {
        claim.pin: (claim.wire, f"`{part.name}` ({part.type})")
        for part in parts
        for claim in part.wires
        if claim.pin is not None
    }
    rows = [(str(BOARD_PIN_OF[pin]), str(pin), *wires[pin]) for pin in wires]
    rows.sort(key=lambda row: int(row[0]))
    return _markdown(("pin", "GPIO", "wire", "of"), rows)


def meter_table() -> str:
    """Return how each model of meter is set when it comes from the factory."""
    profiles = {model: meter_profile(model) for model in built_in_models()}
    rows = [
        (f"`{model}`", profile.title, str(profile.phases), str(profile.factory or "see its menu"))
        for model, profile in profiles.items()
    ]
    return _markdown(("`model`", "meter", "phases", "from the factory"), rows)


def _markdown(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
