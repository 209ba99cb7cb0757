"""A flow drawn forwards, as text.

A node is expanded where the first wire of its own `from:` comes from; elsewhere only its name
stands, so each wire is drawn once.  What is far from its source begins a line of its own.
"""

from collections import deque
from collections.abc import Iterable, Iterator

from oppleo_flow.cli.graph_sketch import Line, Sketch

_DEEPEST = 32
"""So many boxes stand behind each other on one line, which is wider than any screen by then."""


def text(sketch: Sketch) -> str:
    """Return the flow as lines of text, each chain from its source to its ends."""
    return "\n".join(_Drawing(sketch).lines())


class _Drawing:
    def __init__(self, sketch: Sketch) -> None:
        self.boxes = sketch.boxes
        self.flows = sketch.flows
        self.drawn: set[str] = set()
        self.cut: deque[str] = deque()
        self.leaving: dict[str, dict[str, list[Line]]] = {}
        self.home: dict[str, Line] = {}
        for line in sketch.lines:
            self.leaving.setdefault(line.source, {}).setdefault(line.source_port, []).append(line)
            self.home.setdefault(line.target, line)

    def lines(self) -> Iterator[str]:
        for box in self.boxes:
            if box not in self.home:
                yield from self._trees(box)
        for flow in self.flows:
            for port, lines in self.leaving[flow].items():
                yield from self._fork(f"{flow}.{port}", [("", self._targets(lines, depth=1))])
                yield from self._what_was_cut()
        for box in self.boxes:  # what is left hangs on a loop
            if box not in self.drawn:
                yield from self._trees(box)

    def _name(self, box: str) -> str:
        about = self.boxes[box].inside or self.boxes[box].note
        return f"{box} ({about})" if about else box

    def _trees(self, box: str) -> Iterator[str]:
        yield from self._tree(box, self._name(box), depth=1)
        yield from self._what_was_cut()

    def _what_was_cut(self) -> Iterator[str]:
        while self.cut:
            box = self.cut.popleft()
            yield from self._tree(box, self._name(box), depth=1)

    def _tree(self, box: str, shown: str, depth: int) -> list[str]:
        """Return the lines of a box and of all that hangs on it."""
        self.drawn.add(box)
        leaving = self.leaving.get(box, {})
        ports = [port for port in self.boxes[box].outputs if port in leaving]
        ports += [port for port in leaving if port not in ports]
        return self._fork(
            shown, [(port, self._targets(leaving[port], depth + 1)) for port in ports]
        )

    def _targets(self, lines: Iterable[Line], depth: int) -> list[list[str]]:
        """Return what stands behind an arrow: the ends on one line, then each expanded box."""
        ends, trees = [], []
        for line in lines:
            shown = self._target_name(line)
            box = line.target
            if box not in self.leaving:
                self.drawn.add(box)
            expanded = line is self.home[box] and box in self.leaving and box not in self.drawn
            if expanded and depth <= _DEEPEST:
                trees.append(self._tree(box, shown, depth))
                continue
            ends.append(shown)
            if expanded:
                self.drawn.add(box)
                self.cut.append(box)
        return ([[", ".join(ends)]] if ends else []) + trees

    def _target_name(self, line: Line) -> str:
        name = self._name(line.target)
        return f"{name}.{line.target_port}" if line.target_port else name

    def _fork(self, shown: str, branches: list[tuple[str, list[list[str]]]]) -> list[str]:
        """Return the lines of a box with its branches, the first one on the box's own line."""
        blocks = [(label, block) for label, targets in branches for block in targets]
        if not blocks:
            return [shown]
        if len(blocks) == 1 and not blocks[0][0]:
            return _hang(f"{shown} → ", " " * (len(shown) + 3), blocks[0][1])
        width = max(len(label) for label, _ in blocks)
        lines = []
        for place, (label, block) in enumerate(blocks):
            last = place == len(blocks) - 1
            mark = "─" if place == 0 else "└" if last else "├"
            margin = shown if place == 0 else " " * len(shown)
            below = " " * (len(shown) + 1) + (" " if last else "│") + " " * (width + 2)
            lines += _hang(f"{margin} {mark}{label:<{width}}→ ", below, block)
        return lines


def _hang(first: str, below: str, block: list[str]) -> list[str]:
    """Return `block` behind `first`, its other lines behind `below`."""
    return [first + block[0], *((below + line).rstrip() for line in block[1:])]
