"""The steps of a flow's test: whether each is known, and what it makes a runner do."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, get_origin

from oppleo_flow.flowfile import cases
from oppleo_flow.flowfile.case_names import Names
from oppleo_flow.flowfile.case_payloads import PayloadCheck, written
from oppleo_flow.flowfile.case_sights import Sights
from oppleo_flow.flowfile.cases import FAILURES, Given, Lever, Step, Target, WorldWords
from oppleo_flow.flowfile.draft import NodeDraft
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.option_check import OptionCheck, Subject
from oppleo_flow.flowfile.option_words import got
from oppleo_flow.flowfile.suggest import hint
from oppleo_flow.flowfile.tree import Entry, Scalar, Value, YamlList, YamlMap, kind_text
from oppleo_flow.flowfile.wants import Equal, Fields, Want
from oppleo_flow.options import NodeConfig, parse_seconds
from oppleo_flow.payloads import Failure

OFF: Final = "off"
WHERE: Final = "tests"


class StepCheck:
    """Reads the steps of the tests of one flow."""

    def __init__(self, names: Names, report: Report, world: WorldWords) -> None:
        self._names = names
        self._report = report
        self._levers = world.levers
        self._payloads = PayloadCheck(report)
        self._sights = Sights(names, self._payloads, report, world.sight)
        self._options = OptionCheck(report)
        self._words: Mapping[str, Callable[[Scalar, Value], Iterable[Step | None]]] = {
            "send": self._send,
            "inject": self._inject,
            "expect": self._expect,
            "expect_none": self._expect_none,
            "expect_state": self._sights.steps,
            "expect_error": self._expect_error,
            "advance": self._advance,
            "fail": self._fail,
            "stub": self.stubs,
            "restart": self._restart,
            "set_clock": self._set_clock,
        }

    def steps(self, step: Value) -> Iterator[Step]:
        """Yield what one item of `do` makes a runner do; each of its words is a step."""
        if isinstance(step, Scalar) and not (step.empty or step.unreadable):
            step = _bare(step)
        if not isinstance(step, YamlMap):
            self._wrong(step, "a step is a map such as {advance: 10s}")
            return
        for word, entry in step.entries.items():
            if not (isinstance(entry.value, Scalar) and entry.value.unreadable):
                yield from (made for made in self._step(word, entry) if made is not None)

    def _step(self, word: str, entry: Entry) -> Iterable[Step | None]:
        if word in self._words:
            return self._words[word](entry.key, entry.value)
        if word in self._levers:
            return self._lever(word, entry.key, entry.value)
        known = [*self._words, *self._levers]
        advice = hint(word, known) or f"; known: {', '.join(known)}"
        self._error("unknown-step", entry.key, f"{word!r} is not a step{advice}")
        return ()

    # -- what a test does ------------------------------------------------------------------------

    def _send(self, key: Scalar, value: Value) -> Iterator[Step | None]:
        for word, payload in self._names.words(value, "a source"):
            found = self._names.output(word)
            if found is not None:
                node, output = found
                kind = self._names.carried(node, output)
                about = f"what leaves {node.id}.{output.name}"
                given = self._payloads.given(kind, _said(payload, word), about)
                if given is not None:
                    yield cases.Send(self._report.place(key.start), node.id, output.name, given)

    def _inject(self, key: Scalar, value: Value) -> Iterator[Step | None]:
        for word, payload in self._names.words(value, "an input"):
            found = self._names.entrance(word)
            if found is not None:
                node, port = found
                about = f"what reaches {node.id}.{port.name}"
                given = self._payloads.given(port.type, _said(payload, word), about)
                if given is not None:
                    yield cases.Inject(self._report.place(key.start), node.id, port.name, given)

    def stubs(self, key: Scalar, value: Value) -> Iterator[cases.Stub | None]:
        """Yield what nodes answer instead of their own answers."""
        place = self._report.place(key.start)
        for word, said in self._names.words(value, "a node"):
            node = self._names.node(word)
            if node is None or node.outputs is None:
                continue
            if isinstance(said, Scalar) and said.text == OFF:
                yield cases.Stub(place, node.id, None)
            elif isinstance(said, YamlMap):
                yield cases.Stub(place, node.id, self._answers(node, said))
            else:
                what = f"a stub of {node.id!r} is a map of outputs and payloads, or off"
                self._wrong(said if said is not None else word, what)

    def _answers(self, node: NodeDraft, said: YamlMap) -> dict[str, Given]:
        outputs = node.outputs or {}
        answers = {}
        for port, entry in said.entries.items():
            if port not in outputs:
                advice = hint(port, outputs, what="it has")
                message = f"{node.id!r} has no output {port!r}{advice}"
                self._error("unknown-port", entry.key, message)
                continue
            kind = self._names.carried(node, outputs[port])
            about = f"what leaves {node.id}.{port}"
            given = self._payloads.given(kind, entry.value, about)
            if given is not None:
                answers[port] = given
        return answers

    def _fail(self, key: Scalar, value: Value) -> Iterator[Step | None]:
        choices = [*FAILURES, OFF]
        for word, said in self._names.words(value, "a node"):
            node = self._names.node(word)
            kind = said.text if isinstance(said, Scalar) else kind_text(said)
            if said is not None and kind not in choices:
                advice = hint(kind, choices) or f"; known: {', '.join(choices)}"
                message = f"{kind!r} is no way to fail{advice}"
                self._report.error("payload-value", said.start, message, WHERE)
            elif node is not None:
                kind = "error" if said is None else kind
                place = self._report.place(key.start)
                yield cases.Fail(place, node.id, None if kind == OFF else kind)

    def _advance(self, key: Scalar, value: Value) -> Iterator[Step | None]:
        seconds = self._seconds(value, "advance")
        if seconds is not None:
            yield cases.Advance(self._report.place(key.start), seconds)

    def _restart(self, key: Scalar, value: Value) -> Iterator[Step | None]:
        nothing = isinstance(value, Scalar) and value.empty
        seconds = 0.0 if nothing else self._seconds(value, "restart")
        if seconds is not None:
            yield cases.Restart(self._report.place(key.start), seconds)

    def _set_clock(self, key: Scalar, value: Value) -> Iterator[Step | None]:
        to = self.moment(value, "set_clock")
        if to is not None:
            yield cases.SetClock(self._report.place(key.start), to)

    def _lever(self, word: str, key: Scalar, value: Value) -> Iterator[Step | None]:
        model = self._levers[word]
        body = _settings(model, key, value)
        if body is None:
            shape = f"{model.main!r} or a map" if model.main else "a map"
            self._wrong(value, f"{word!r} takes {shape}")
            return
        lever = self._options.check(model, body, Subject(key.start, word, WHERE))
        if lever is not None:
            yield cases.Pull(self._report.place(key.start), word, lever)

    # -- what a test expects ---------------------------------------------------------------------

    def _expect(self, key: Scalar, value: Value) -> Iterator[Step | None]:
        for word, said in self._names.words(value, "a node or an output"):
            found = self._names.target(word)
            if found is None:
                continue
            target, kind = found
            several = isinstance(said, YamlList) and not _is_list(kind)
            for one in said.items if several and isinstance(said, YamlList) else [said]:
                yield self._expected(word, target, kind, one)

    def _expected(self, word: Scalar, target: Target, kind: Any, said: Value | None) -> Step | None:
        value = _said(said, word)
        want = self._payloads.wanted(kind, value, f"what reaches {target}")
        if want is None:
            return None
        place = self._report.place(word.start)
        return cases.Expect(place, target, want, written(value) or "any message")

    def _expect_none(self, key: Scalar, value: Value) -> Iterator[Step | None]:
        for word, said in self._names.words(value, "a node or an output"):
            found = self._names.target(word)
            if said is not None:
                self._wrong(said, "'expect_none' is a list of nodes and outputs")
            elif found is not None:
                yield cases.ExpectNone(self._report.place(word.start), found[0])

    def _expect_error(self, key: Scalar, value: Value) -> Iterator[Step | None]:
        for word, said in self._names.words(value, "a node"):
            node = self._names.node(word)
            if node is None:
                continue
            target = Target(node.id, "error", "out")
            if isinstance(said, Scalar) and not said.empty:
                place = self._report.place(word.start)
                yield cases.Expect(place, target, _error_called(said.text), said.text)
            else:
                yield self._expected(word, target, Failure, said)

    def given(self, key: Scalar, value: Value, premise: type[NodeConfig]) -> NodeConfig | None:
        """Return how the world is when a test begins."""
        if isinstance(value, YamlMap):
            return self._options.check(premise, value, Subject(key.start, repr(key.text), WHERE))
        self._wrong(value, f"{key.text!r} is a map")
        return None

    # -- values ----------------------------------------------------------------------------------

    def moment(self, value: Value, word: str) -> datetime | None:
        """Return an aware moment; None when it is none, which is reported."""
        if isinstance(value, Scalar) and value.unreadable:
            return None
        found = _moment(value.text) if isinstance(value, Scalar) else None
        if found is None:
            message = (
                f"{word!r} must be a moment with its offset, such as "
                f"2026-01-15T23:30:00+01:00{got(value)}"
            )
            self._error("option-value", value, message)
        return found

    def _seconds(self, value: Value, word: str) -> float | None:
        try:
            seconds = parse_seconds(value.text) if isinstance(value, Scalar) else None
        except ValueError:
            seconds = None
        if isinstance(seconds, float):
            return seconds
        message = f"{word!r} must be a duration such as 10s or 1h30m{got(value)}"
        self._error("option-value", value, message)
        return None

    def _wrong(self, value: Value, what: str) -> None:
        if not (isinstance(value, Scalar) and value.unreadable):
            self._error("wrong-shape", value, f"{what}, got {kind_text(value)}")

    def _error(self, code: str, value: Value, message: str) -> None:
        self._report.error(code, value.start, message, WHERE)


def _bare(word: Scalar) -> YamlMap:
    """Return a step that is one word as the map that it stands for."""
    return YamlMap({word.text: Entry(word, _said(None, word))}, word.start, word.end)


def _said(value: Value | None, word: Scalar) -> Value:
    """Return what is said of a word; nothing, at its end, where nothing is."""
    return Scalar("", word.end, word.end) if value is None else value


def _settings(model: type[Lever], key: Scalar, value: Value) -> YamlMap | None:
    """Return what a lever's step says as a map: one word may stand for its main setting."""
    if isinstance(value, YamlMap):
        return value
    if not isinstance(value, Scalar):
        return None
    if value.empty:
        return YamlMap({}, key.start, value.end)
    if model.main is not None:
        return YamlMap({model.main: Entry(key, value)}, value.start, value.end)
    on = Scalar("on", value.start, value.end)
    return YamlMap({value.text: Entry(value, on)}, value.start, value.end)


def _error_called(text: str) -> Want:
    """Return what wants a failure by the name of its error, or as `fail` calls it."""
    name = FAILURES[text].__name__ if text in FAILURES else text
    return Fields({Failure: {"error": Equal(name)}})


def _is_list(kind: Any) -> bool:
    return (get_origin(kind) or kind) in (list, tuple)


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if found.tzinfo is None else found
