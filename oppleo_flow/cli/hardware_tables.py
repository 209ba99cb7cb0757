"""Tables for the wall beside the box: the pins of the header, and how meters come, as Markdown."""

from collections.abc import Iterable, Sequence

from oppleo_flow.cli.wiring_diagram import BOARD_PIN_OF
from oppleo_flow.devices.profile_files import built_in_models, meter_profile
from oppleo_flow.flowfile.hardware_parts import Part


def pin_table(parts: Sequence[Part]) -> str:
    """Return every wire at the header, in the order of its pins."""
    owners: dict[tuple[int, str], list[str]] = {}
    for part in parts:
        for claim in part.wires:
            if claim.pin is not None:
                owners.setdefault((claim.pin, claim.wire), []).append(
                    f"`{part.name}` ({part.type})"
                )
    rows = [
        (str(BOARD_PIN_OF[pin]), str(pin), wire, ", ".join(of))
        for (pin, wire), of in owners.items()
    ]
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
