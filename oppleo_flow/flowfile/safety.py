"""What moves the world has a safe level, and nothing may make the dispatcher wait."""

from typing import Final, get_args

from oppleo_flow.flowfile.draft import FlowDraft, NodeDraft, WireDraft
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.graph import Then
from oppleo_flow.flowfile.node_options import NodeOptions
from oppleo_flow.flowfile.option_check import BROKEN_CODE
from oppleo_flow.flowfile.resources import value_of
from oppleo_flow.flowfile.suggest import hint, one_of
from oppleo_flow.flowfile.tree import Mark, Scalar, YamlMap
from oppleo_flow.flowfile.type_check import FAILS_OPEN
from oppleo_flow.node import Actuator, Claim
from oppleo_flow.node_spec import NodeSpec, fits, type_text

_THEN: Final[tuple[str, ...]] = get_args(Then)
ACCEPTED = "accepted"
_PULLED: Final = {"high": "GPIO 4, 5 or 6", "low": "one of GPIO 9 to 27"}
"""Level → the pins that are pulled to it, and have no other work."""


def check_safety(flow: FlowDraft, report: Report) -> None:
    """Check every node's safe level, stale time, inboxes and what follows its errors."""
    for node in flow.nodes.values():
        if node.spec is None:
            continue
        if node.options is not None:
            _safe(node, node.spec, node.options, report)
            _at_boot(node, node.spec, node.options, report)
            _stale_after(node, node.spec, node.options, report)
            _then(node, node.spec, node.options, report)
        _fails_open(node, node.spec, report)
        _inboxes(node, flow, report)


def _safe(node: NodeDraft, spec: NodeSpec, options: NodeOptions, report: Report) -> None:
    levels = spec.safe_levels
    if not levels:
        if options.safe is not None:
            message = f"{spec.type_name} moves nothing, so it has no safe level; remove 'safe'"
            report.error("safe-on-non-actuator", node.place_of("safe"), message, node.id)
        return
    if options.safe is None:
        if not node.body.incomplete and node.body.get("safe") is None:
            message = (
                f"{spec.type_name} moves the world and has no safe level; "
                f"add 'safe: {levels[0]}'{_or(levels[1:])}"
            )
            report.error("missing-safe", node.at, message, node.id)
    elif options.safe not in levels:
        advice = hint(options.safe, levels)
        message = f"'safe' must be {one_of(levels)}, got {options.safe!r}"
        message += advice if advice.startswith("; did") else ""
        report.error("bad-safe", node.place_of("safe"), message, node.id)


def _or(choices: tuple[str, ...]) -> str:
    return f" (or {', '.join(choices)})" if choices else ""


def _at_boot(node: NodeDraft, spec: NodeSpec, options: NodeOptions, report: Report) -> None:
    """Warn of a pin that moves the world while nobody drives it yet."""
    cls = spec.cls
    if not issubclass(cls, Actuator) or cls.shows or options.safe not in spec.safe_levels:
        return
    try:
        pins = [] if node.config is None else cls.safe_pins(node.config, options.safe)
    except (ValueError, *BROKEN_CODE):
        return  # the same code is run, and blamed, when its node is made
    for pin in pins:
        if pin.safe_at_boot:
            continue
        claim = Claim.of_pin(pin.pin, "")
        is_pulled, level = ("down", "high") if pin.high else ("up", "low")
        message = (
            f"{claim.resource} is pulled {is_pulled} while the Raspberry Pi boots, and "
            f"{options.safe!r} is {level} there; use {_PULLED[level]}, or wire it the other way "
            "round"
        )
        place = value_of(claim, node.body) or node.at
        report.warning("unsafe-at-boot", place, message, node.id)


def _stale_after(node: NodeDraft, spec: NodeSpec, options: NodeOptions, report: Report) -> None:
    if options.stale_after is None:
        _no_stale_after(node, spec, report)
        return
    at = node.place_of("stale_after")
    if not issubclass(spec.cls, Actuator):
        message = f"{spec.type_name} has no safe level to go to; remove 'stale_after'"
        report.error("stale-after-on-non-actuator", at, message, node.id)
        return
    sources = [wire.source for wire in node.wires]
    if not sources or None in sources:
        return
    if not any(source is not None and source[1].kind == "level" for source in sources):
        names = " and ".join(dict.fromkeys(repr(wire.called) for wire in node.wires))
        message = (
            f"'stale_after' needs a level, and {names} sends events, which never go stale; "
            "remove it, or wire a level"
        )
        report.error("stale-after-on-event", at, message, node.id)


def _no_stale_after(node: NodeDraft, spec: NodeSpec, report: Report) -> None:
    """Warn of what moves the world and would go on doing so when its input cannot be trusted."""
    if not issubclass(spec.cls, Actuator) or spec.cls.shows or "stale_after" in node.body.entries:
        return
    levels = [w for w in node.wires if w.source is not None and w.source[1].kind == "level"]
    if levels and not node.body.incomplete:
        message = (
            f"{spec.type_name} stays as it is when {levels[0].called!r} "
            "can no longer be trusted; add 'stale_after: 90s'"
        )
        report.warning("missing-stale-after", node.at, message, node.id)


def _then(node: NodeDraft, spec: NodeSpec, options: NodeOptions, report: Report) -> None:
    """Check that `then` is a known word, or a port that may carry what came in."""
    then = options.on_error.then
    if then in _THEN or node.outputs is None:
        return
    at = _then_place(node)
    outputs = {name: port for name, port in node.outputs.items() if name != "error"}
    if then not in outputs:
        advice = hint(then, [*_THEN, *outputs], what="known")
        message = f"'on_error.then' is neither a known word nor an output, got {then!r}{advice}"
        report.error("on-error", at, message, node.id)
        return
    for port in spec.inputs.values():
        carried = spec.carried_by_then(port.type)
        if not fits(carried, outputs[then].type):
            came_in = f", which came in at {port.name!r}," if carried is port.type else ""
            message = (
                f"'on_error.then' would send {type_text(carried)}{came_in} on {then!r}, "
                f"which carries {type_text(outputs[then].type)}; use {one_of(_THEN)}"
            )
            report.error("on-error", at, message, node.id)
            return


def _then_place(node: NodeDraft) -> Mark:
    section = node.body.get("on_error")
    value = section.get("then") if isinstance(section, YamlMap) else None
    return node.at if value is None else value.start


def _fails_open(node: NodeDraft, spec: NodeSpec, report: Report) -> None:
    """Insist that somebody has read that a device stays on when this machine dies."""
    if not issubclass(spec.cls, Actuator) or not spec.cls.fails_open:
        return
    value = node.body.get(FAILS_OPEN)
    if isinstance(value, Scalar) and (value.unreadable or value.text == ACCEPTED):
        return
    if value is None and node.body.incomplete:
        return
    message = (
        f"{spec.type_name} stays as it is when this machine dies; "
        f"add 'fails_open: {ACCEPTED}' if that is safe here"
    )
    report.error("fails-open", node.place_of(FAILS_OPEN), message, node.id)


def _inboxes(node: NodeDraft, flow: FlowDraft, report: Report) -> None:
    for port, policy in node.inbox.items():
        wires = [wire for wire in node.wires if wire.target_port == port and wire.source]
        if policy.full == "block":
            _block(node, port, wires, flow, report)
        elif policy.full == "spool":
            _spool(node, port, wires, report)


def _block(
    node: NodeDraft, port: str, wires: list[WireDraft], flow: FlowDraft, report: Report
) -> None:
    """Refuse `full: block` where it would make the dispatcher wait."""

    def may_wait(name: str) -> bool:
        producer = flow.nodes.get(name)
        return producer is not None and (producer.spec is None or producer.spec.blocking)

    quick = [w for w in wires if w.source is not None and not may_wait(w.source[0])]
    if quick:
        source = quick[0].called.rpartition(".")[0]
        message = (
            f"'full: block' would make {source!r} wait, and with it every node; "
            "use drop-oldest, drop-newest or latest"
        )
        report.error("block-policy", _full_place(node, port), message, node.id)


def _spool(node: NodeDraft, port: str, wires: list[WireDraft], report: Report) -> None:
    """Refuse a spool where nothing may wait so long, or where all is on disk anyway."""
    message = None
    if node.spec is not None and issubclass(node.spec.cls, Actuator):
        message = (
            f"'full: spool' would have {node.spec.type_name} do what it was told long ago; "
            "use latest"
        )
    elif any(wire.durable for wire in wires):
        message = "'full: spool' adds nothing to a durable wire, which keeps all on disk; remove it"
    if message is not None:
        report.error("inbox-spool", _full_place(node, port), message, node.id)


def _full_place(node: NodeDraft, port: str) -> Mark:
    section = node.body.get("inbox")
    inner = section.get(port) if isinstance(section, YamlMap) else None
    for holder in (inner, section):
        value = holder.get("full") if isinstance(holder, YamlMap) else None
        if value is not None:
            return value.start
    return node.at
