"""A drawing of the wires that a flow expects at the header of a Raspberry Pi, as SVG.

The header is drawn as it lies on the board, with its pins in two columns.  Each part stands on the
side of the pins that lead to it, and on both where they lie on both; parts at a bus that is no pin
of the header, as a meter behind a USB adapter, stand below.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal
from xml.sax.saxutils import escape

from oppleo_flow.flowfile.hardware_parts import Part

# The names of the 40 pins by their place on the board, odd ones in the first column.
_POWER: Final = {1: "3.3 V", 2: "5 V", 4: "5 V", 17: "3.3 V"}
_GROUND: Final = frozenset({6, 9, 14, 20, 25, 30, 34, 39})
_BCM_OF: Final = {
    **{3: 2, 5: 3, 7: 4, 8: 14, 10: 15, 11: 17, 12: 18, 13: 27, 15: 22, 16: 23, 18: 24, 19: 10},
    **{21: 9, 22: 25, 23: 11, 24: 8, 26: 7, 27: 0, 28: 1, 29: 5, 31: 6, 32: 12, 33: 13, 35: 19},
    **{36: 16, 37: 26, 38: 20, 40: 21},
}
BOARD_PIN_OF: Final = {bcm: board for board, bcm in _BCM_OF.items()}
"""The pin of the header for each BCM number."""

_PINS = 40
_STEP = 26
_TOP = 92
_WIDTH = 980
_COLUMNS = (456, 524)
_LABELS = 92
_BOX_WIDTH = 190
_BOX_HEAD = 30
_BOX_GAP = 22
_CHANNEL = 9
_COLOURS: Final = ("#c2410c", "#0369a1", "#15803d", "#7e22ce", "#b91c1c", "#0f766e", "#a16207")
_STYLE: Final = (
    "text{font:13px system-ui,sans-serif;fill:#1f2937}"
    ".head{font-weight:600;font-size:18px}.name{font-weight:600}.faint{fill:#6b7280}"
    ".box{fill:#f9fafb;stroke:#9ca3af}.board{fill:#14532d;opacity:.12}"
    ".pin{fill:#fff;stroke:#6b7280}.wire{fill:none;stroke-width:2.2}"
)
Side = Literal["left", "right"]


@dataclass
class _Box:
    """A part as far as it stands on one side: its wires there, from the top."""

    part: Part
    side: Side
    colour: str
    pins: list[tuple[int, str]] = field(default_factory=list)
    top: float = 0.0

    @property
    def height(self) -> float:
        """Return how high it is drawn."""
        return _BOX_HEAD + 6 + _STEP * len(self.pins)

    @property
    def wish(self) -> float:
        """Return where its top would be, were there nothing else."""
        middle = sum(_y(pin) for pin, _ in self.pins) / len(self.pins)
        return middle - self.height / 2


def diagram(title: str, parts: Sequence[Part]) -> str:
    """Return the drawing of all wires between the header and some parts."""
    boxes = list(_boxes(parts))
    for side in ("left", "right"):
        _stack([box for box in boxes if box.side == side])
    apart = [part for part in parts if not part.wires]
    bottom = max([_y(_PINS) + 30, *(box.top + box.height for box in boxes)]) + 30
    height = bottom + 70 + 22 * len(apart)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:.0f}" '
        f'role="img" aria-label="{_text(title)}">',
        f"<style>{_STYLE}</style>",
        f'<text class="head" x="24" y="36">{_text(title)}</text>',
        '<text class="faint" x="24" y="58">the header of the Raspberry Pi, pin 1 at the top left; '
        "numbers in the circles are those of the pins, GPIO numbers are BCM</text>",
        *_header({pin for box in boxes for pin, _ in box.pins}),
        *(line for box in boxes for line in _drawn(box)),
        *_wires(boxes),
        *_below(bottom, apart),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _boxes(parts: Sequence[Part]) -> Iterator[_Box]:
    wired = [part for part in parts if part.wires]
    for number, part in enumerate(wired):
        colour = _COLOURS[number % len(_COLOURS)]
        sides: dict[Side, _Box] = {}
        for claim in part.wires:
            assert claim.pin is not None
            pin = BOARD_PIN_OF[claim.pin]
            side = _side(pin)
            sides.setdefault(side, _Box(part, side, colour)).pins.append((pin, claim.wire))
        for box in sides.values():
            box.pins.sort()
            yield box


def _stack(boxes: list[_Box]) -> None:
    """Give each box of one side its place: near its pins, none over another."""
    boxes.sort(key=lambda box: box.wish)
    above = _TOP - 20.0
    for box in boxes:
        box.top = max(box.wish, above)
        above = box.top + box.height + _BOX_GAP


def _header(used: set[int]) -> Iterator[str]:
    left, right = _COLUMNS
    height = _y(_PINS) - _y(1) + 40
    yield f'<rect class="board" x="{left - 24}" y="{_y(1) - 20}" width="{right - left + 48}" ' + (
        f'height="{height}" rx="8"/>'
    )
    for pin in range(1, _PINS + 1):
        x, y = _x(pin), _y(pin)
        yield f'<circle class="pin" cx="{x}" cy="{y}" r="10"/>'
        yield f'<text x="{x}" y="{y + 4}" text-anchor="middle" font-size="11">{pin}</text>'
        anchor, at = ("end", x - 16) if _side(pin) == "left" else ("start", x + 16)
        faint = "" if pin in used else ' class="faint"'
        yield f'<text{faint} x="{at}" y="{y + 4}" text-anchor="{anchor}">{_pin_name(pin)}</text>'


def _drawn(box: _Box) -> Iterator[str]:
    x = _box_x(box.side)
    yield f'<rect class="box" x="{x}" y="{box.top:.0f}" width="{_BOX_WIDTH}" ' + (
        f'height="{box.height:.0f}" rx="6"/>'
    )
    yield f'<text class="name" x="{x + 12}" y="{box.top + 20:.0f}">{_text(box.part.name)}'
    yield f'<tspan class="faint" font-weight="400"> {_text(box.part.type)}</tspan></text>'
    for row, (_, wire) in enumerate(box.pins):
        anchor, at = ("end", x + _BOX_WIDTH - 12) if box.side == "left" else ("start", x + 12)
        yield f'<text x="{at}" y="{_row_y(box, row) + 4:.0f}" text-anchor="{anchor}">' + (
            f"{_text(wire)}</text>"
        )


def _wires(boxes: Iterable[_Box]) -> Iterator[str]:
    """Draw each wire in a channel of its own between the labels and the boxes."""
    for side in ("left", "right"):
        wires = [
            (_row_y(box, row) - _y(pin), pin, wire, box)
            for box in boxes
            if box.side == side
            for row, (pin, wire) in enumerate(box.pins)
        ]
        # Those that go down bend nearest to the pins when they are the lowest, the others when
        # they are the highest: so none crosses its neighbour.
        wires.sort(key=lambda it: (it[0] > 0, -it[1] if it[0] > 0 else it[1]))
        for channel, (fall, pin, wire, box) in enumerate(wires):
            yield _wire(box, pin, wire, fall, channel)


def _wire(box: _Box, pin: int, wire: str, fall: float, channel: int) -> str:
    outward = -1 if box.side == "left" else 1
    begin = _x(pin) + outward * _LABELS
    bend = begin + outward * (10 + _CHANNEL * channel)
    edge = _box_x(box.side) + (_BOX_WIDTH if box.side == "left" else 0)
    path = f"M{begin} {_y(pin)}H{bend}v{fall:.0f}H{edge}"
    about = f"{_text(box.part.name)} {_text(wire)}: {_pin_name(pin)}, pin {pin}"
    return f'<path class="wire" stroke="{box.colour}" d="{path}"><title>{about}</title></path>'


def _below(top: float, apart: Sequence[Part]) -> Iterator[str]:
    notes = [f"{part.name} ({part.type}): {part.place}{_through(part)}" for part in apart]
    notes.append("The ground of every device goes to a GND pin.")
    notes.append(
        "What feeds it, and what belongs between it and a pin, is in the help of its node, "
        "as in `oppleo-flow nodes evse-switch`."
    )
    for row, note in enumerate(notes):
        yield f'<text x="24" y="{top + 22 * row:.0f}">{_text(note)}</text>'


def _through(part: Part) -> str:
    return f", through {part.through}" if part.through else ""


def _pin_name(pin: int) -> str:
    if pin in _GROUND:
        return "GND"
    return _POWER.get(pin) or f"GPIO {_BCM_OF[pin]}"


def _side(pin: int) -> Side:
    return "left" if pin % 2 else "right"


def _x(pin: int) -> int:
    return _COLUMNS[0] if pin % 2 else _COLUMNS[1]


def _y(pin: int) -> int:
    return _TOP + (pin - 1) // 2 * _STEP


def _box_x(side: Side) -> int:
    return 24 if side == "left" else _WIDTH - 24 - _BOX_WIDTH


def _row_y(box: _Box, row: int) -> float:
    return box.top + _BOX_HEAD + _STEP * row + _STEP / 2


def _text(text: str) -> str:
    return escape(text, {'"': "&quot;"})
