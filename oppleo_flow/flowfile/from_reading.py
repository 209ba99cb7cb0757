"""`from:` in its three forms: which references it has, and at which input each ends."""

from collections.abc import Iterable, Iterator
from typing import Final

from oppleo_flow.flowfile.draft import InstanceDraft, Part, WireDraft
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.option_words import got
from oppleo_flow.flowfile.scalars import TRUTHS
from oppleo_flow.flowfile.suggest import hint
from oppleo_flow.flowfile.tree import Mark, Scalar, Value, YamlList, YamlMap, kind_text

_WIRE_KEYS: Final = ("ref", "durable")


class FromReading:
    """Reads the `from:` of nodes and instances."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def read(self, part: Part) -> Iterator[WireDraft]:
        """Yield the wires that a `from:` asks for, their sources still unknown."""
        value = part.body.get("from")
        if value is None:
            return
        if isinstance(value, YamlMap) and "ref" not in value.entries:
            for port, entry in value.entries.items():
                yield from self._items(entry.value, part, port, entry.key.start)
        else:
            yield from self._items(value, part, None, value.start)

    def _items(self, value: Value, part: Part, port: str | None, at: Mark) -> Iterator[WireDraft]:
        """Yield what stands for one input: a reference, a list, or a map with `ref`."""
        match value:
            case YamlList():
                for item in value.items:
                    if isinstance(item, YamlList):
                        message = "a list within a list; write one list of references"
                        self._report.error("wrong-shape", item.start, message, part.id)
                        yield _lost(port, at, item)
                    else:
                        yield from self._items(item, part, port, at if port else item.start)
            case YamlMap():
                yield self._wire_map(value, part, port, at)
            case Scalar(unreadable=True):
                yield WireDraft(port, at, value)
            case Scalar(empty=True):
                message = f"{port!r} names no source; write one or remove the line"
                self._report.error("unwired-input", at, message, part.id)
                yield _lost(port, at, value)
            case Scalar():
                yield WireDraft(port, at, value)

    def _wire_map(self, value: YamlMap, part: Part, port: str | None, at: Mark) -> WireDraft:
        for name, entry in value.entries.items():
            if name not in _WIRE_KEYS:
                advice = hint(name, _WIRE_KEYS, what="it has")
                message = f"{name!r} is not an option of a wire{advice}"
                self._report.error("unknown-option", entry.key.start, message, part.id)
        ref = value.get("ref")
        if not isinstance(ref, Scalar):
            if not value.incomplete:
                message = f"'ref' must be a reference such as meter.reading, got {kind_text(ref)}"
                self._report.error("missing-option", value.start, message, part.id)
            return _lost(port, at, value)
        durable = value.get("durable")
        wire = WireDraft(port, at, ref)
        if isinstance(durable, Scalar) and durable.text.lower() in TRUTHS:
            wire.durable = TRUTHS[durable.text.lower()]
        elif durable is not None and not (isinstance(durable, Scalar) and durable.unreadable):
            message = f"'durable' must be on or off{got(durable)}"
            self._report.error("option-value", durable.start, message, part.id)
        return wire

    # -- the target ------------------------------------------------------------------------------

    def target(self, wire: WireDraft, part: Part) -> str | None:
        """Return the input at which a wire ends: the named one, `in`, or the only one."""
        inputs = inputs_of(part)
        if inputs is None:
            return None
        if wire.port is None:
            return self._usual_input(part, [*inputs])
        if wire.port in inputs:
            return wire.port
        advice = hint(wire.port, inputs, what="it has")
        message = f"{part.type_name} has no input {wire.port!r}{advice}"
        self._report.error("unknown-port", wire.port_at, message, part.id)
        return None

    def _usual_input(self, part: Part, inputs: list[str]) -> str | None:
        if "in" in inputs:
            return "in"
        if len(inputs) == 1:
            return inputs[0]
        at = part.place_of("from")
        if inputs:
            choices = ", ".join(f"{port}: …" for port in inputs)
            message = f"{part.type_name} has {len(inputs)} inputs; say which: from: {{{choices}}}"
            self._report.error("ambiguous-port", at, message, part.id)
        else:
            message = f"{part.type_name} has no inputs; remove 'from'"
            self._report.error("unknown-port", at, message, part.id)
        return None


def inputs_of(part: Part) -> Iterable[str] | None:
    """Return the names of a part's inputs; None when they are not known."""
    if isinstance(part, InstanceDraft):
        return part.subflow.inputs if part.subflow.all_ports else None
    return None if part.spec is None else part.spec.inputs


def _lost(port: str | None, at: Mark, value: Value) -> WireDraft:
    """Return a wire of which it has been said already that it means nothing."""
    return WireDraft(port, at, Scalar("", value.start, value.end, unreadable=True))
