"""`expect_state`: how a level, a node or the world is now."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from oppleo_flow.flowfile import cases
from oppleo_flow.flowfile.case_names import Names
from oppleo_flow.flowfile.case_payloads import PayloadCheck, written
from oppleo_flow.flowfile.cases import ANY_NAME, NODE_WORDS, Step
from oppleo_flow.flowfile.draft import NodeDraft
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.suggest import hint
from oppleo_flow.flowfile.tree import Entry, Scalar, Value, YamlMap, kind_text
from oppleo_flow.flowfile.wants import Fields, Holds, Items, Want

WORLD: Final = "world"
_WHERE = "tests"


class Sights:
    """Reads what `expect_state` says."""

    def __init__(
        self, names: Names, payloads: PayloadCheck, report: Report, sight: Mapping[str, Any]
    ) -> None:
        self._names = names
        self._payloads = payloads
        self._report = report
        self._sight = sight

    def steps(self, key: Scalar, value: Value) -> Iterator[Step | None]:
        """Yield a step for each thing that is looked at."""
        for word, said in self._names.words(value, "what to look at"):
            if said is None:
                message = f"'expect_state' says how {word.text!r} is; add ': {{…}}'"
                self._report.error("wrong-shape", word.start, message, _WHERE)
            elif word.text == WORLD and self._sight:
                yield self._world(word, said)
            elif not self._names.is_node(word):
                yield self._level(word, said)
            else:
                node = self._names.node(word)
                if node is not None:
                    yield self._node(word, node, said)

    def _level(self, word: Scalar, said: Value) -> Step | None:
        found = self._names.output(word)
        if found is None:
            return None
        node, output = found
        if output.kind != "level":
            message = f"{word.text!r} sends events and holds nothing; use 'expect'"
            self._report.error("unknown-state", word.start, message, _WHERE)
            return None
        kind = self._names.carried(node, output)
        want = self._payloads.wanted(kind, said, f"what {word.text} holds")
        if want is None:
            return None
        place = self._report.place(word.start)
        return cases.ExpectLevel(place, node.id, output.name, want, written(said) or "any value")

    def _node(self, word: Scalar, node: NodeDraft, said: Value) -> Step | None:
        if not isinstance(said, YamlMap):
            message = f"how {node.id!r} is, is a map such as {{status: …}}, got {kind_text(said)}"
            self._report.error("wrong-shape", said.start, message, _WHERE)
            return None
        wants = {name: self._of_node(node, name, entry) for name, entry in said.entries.items()}
        found = {name: want for name, want in wants.items() if want is not None}
        if len(found) < len(wants):
            return None
        place = self._report.place(word.start)
        return cases.ExpectNode(place, node.id, Fields({None: found}), written(said))

    def _of_node(self, node: NodeDraft, name: str, entry: Entry) -> Want | None:
        if node.spec is None:
            return None
        if name == "fault" and isinstance(entry.value, Scalar) and not entry.value.empty:
            return Items(()) if entry.value.text == "none" else Holds(entry.value.text)
        kinds = {**node.spec.state, "status": str, "safe": bool, "fault": str}
        if name in kinds:
            return self._payloads.wanted(kinds[name], entry.value, f"{name!r} of {node.id!r}")
        advice = hint(name, [*NODE_WORDS, *node.spec.state], what="it has")
        message = f"{node.spec.type_name} has no state {name!r}{advice}"
        self._report.error("unknown-state", entry.key.start, message, _WHERE)
        return None

    # -- the world -------------------------------------------------------------------------------

    def _world(self, word: Scalar, said: Value) -> Step | None:
        want = self._seen(self._sight, said, "the world")
        if want is None:
            return None
        return cases.ExpectWorld(self._report.place(word.start), want, written(said))

    def _seen(self, sample: Any, said: Value, about: str) -> Want | None:
        """Return what is wanted of a part of the world that looks like `sample`."""
        if not isinstance(sample, Mapping):
            kind = Any if sample is None else float if type(sample) is int else type(sample)
            return self._payloads.wanted(kind, said, about)
        if not isinstance(said, YamlMap):
            message = f"{about} is a map, got {kind_text(said)}"
            self._report.error("wrong-shape", said.start, message, _WHERE)
            return None
        numbered = all(name.isdecimal() for name in sample)
        wants: dict[str, Want | None] = {}
        for name, entry in said.entries.items():
            if name in sample or ANY_NAME in sample or (numbered and name.isdecimal()):
                part = sample.get(name, next(iter(sample.values()), None))
                wants[name] = self._seen(part, entry.value, f"{name!r} of {about}")
            else:
                advice = hint(name, sample, what="it has")
                message = f"{about} has no {name!r}{advice}"
                self._report.error("unknown-state", entry.key.start, message, _WHERE)
                wants[name] = None
        found = {name: want for name, want in wants.items() if want is not None}
        return Fields({None: found}) if len(found) == len(wants) else None
