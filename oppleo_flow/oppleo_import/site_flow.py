"""The flow of a charge point that was an Oppleo: the same pins, the same meter, the same rules."""

from collections.abc import Iterable, Sequence
from dataclasses import field

from oppleo_flow.immutable import immutable
from oppleo_flow.oppleo_import.site_wiring import Wiring
from oppleo_flow.oppleo_import.yaml_text import quoted

FLOW = "oppleo"
CALENDAR = "off-peak"


@immutable
class Parts:
    """Which parts of the hardware there are, beside the meter and the card reader."""

    evse: bool = True
    evse_led: bool = True
    led: bool = True
    buzzer: bool = True


@immutable
class Messages:
    """Where Oppleo told things: options of nodes, by name, secrets among them by theirs."""

    prowl: bool = False
    pushover: dict[str, str] | None = None
    broker: dict[str, str] | None = None


@immutable
class FlowFacts:
    """What the flow is made of; `charger_id` is what Oppleo called itself."""

    charger_id: str
    wiring: Wiring
    parts: Parts = field(default_factory=Parts)
    messages: Messages = field(default_factory=Messages)
    off_peak_only: bool = True
    auto_session: tuple[int, int] | None = None
    """After how many minutes with less than how many Wh a car comes for another visit."""


def flow_text(facts: FlowFacts) -> str:
    """Return the flow."""
    sections = [
        *(_heading(), _connections(facts), ["nodes:"]),
        *(_cards(), _session(facts), _switch(facts), _meter(facts), _ledger()),
        *(_feedback(facts), _statement(), _people(facts), _broker(facts)),
    ]
    return "\n".join("\n".join(section) for section in sections if section) + "\n"


def _heading() -> list[str]:
    return [
        "# A charge point that was an Oppleo, made by `oppleo-flow db import-oppleo`.",
        "#",
        "# `oppleo-flow check` tells what is wrong in here, `oppleo-flow nodes TYPE` explains a",
        "# type, `oppleo-flow hardware probe` has a verdict on each part.",
        f"flow: {FLOW}",
        "format: 1",
        "doc: >-",
        "  A known card starts a session and the same card ends it; the SmartEVSE has access",
        "  meanwhile. Pins, meter, hours and rules are those that Oppleo had.",
        "",
    ]


def _connections(facts: FlowFacts) -> list[str]:
    messages = facts.messages
    bus = {"port": quoted(facts.wiring.port), **facts.wiring.serial}
    lines = ["connections:", "  pins: {type: gpio}", "  spi: {type: spi-bus, reset_pin: 25}"]
    lines += [f"  rs485: {_flat('serial-bus', bus)}", "  store: {type: site-store}"]
    if messages.prowl or messages.pushover is not None:
        lines.append("  web: {type: http-client}")
    if messages.broker is not None:
        lines.append(f"  broker: {_flat('mqtt-broker', messages.broker)}")
    return [*lines, ""]


def _cards() -> list[str]:
    return [
        "  rfid:",
        "    type: rfid-reader",
        "    spi: spi",
        "",
        "  authorise:                           # `oppleo-flow tokens list` has the cards",
        "    type: authorise",
        "    from: rfid",
        "    store: store",
        "    on_error: {then: rejected}         # no answer from the ledger: no charging",
        "",
    ]


def _session(facts: FlowFacts) -> list[str]:
    lines = ["  session:", "    type: charge-session", "    from:"]
    lines += ["      token: authorise.accepted", "      meter: meter"]
    if facts.parts.evse_led:
        lines.append("      plug: evse_state")
    lines.append("    on_unplug: keep                    # as Oppleo; end: a session is one visit")
    if facts.auto_session is not None and facts.parts.evse_led:
        minutes, energy_wh = facts.auto_session
        lines += ["    auto_session: on", f"    auto_session_after: {minutes}m"]
        lines.append(f"    auto_session_energy_wh: {energy_wh}")
    return [*lines, "    keep: durable", ""]


def _switch(facts: FlowFacts) -> list[str]:
    lines = [
        "  offpeak:",
        "    type: offpeak-gate",
        "    from: session.request",
        f"    enabled: {'true' if facts.off_peak_only else 'false'}",
        f"    calendar: {CALENDAR}                 # its hours are in oppleo.yaml",
        "    keep: durable",
        "",
    ]
    if facts.parts.evse:
        lines += [
            "  evse:",
            "    type: evse-switch",
            "    from: offpeak",
            "    gpio: pins",
            f"    pin: {facts.wiring.pins['pin_evse_switch']}",
            "    safe: off",
            "    stale_after: 90s",
            "    keep: durable",
            "",
        ]
    return lines


def _meter(facts: FlowFacts) -> list[str]:
    wiring = facts.wiring
    lines = [
        "  meter:",
        "    type: modbus-meter",
        "    bus: rs485",
        f"    unit_id: {wiring.unit_id}",
        f"    model: {wiring.model}",
        "    energy: total                      # import plus export, as Oppleo counted",
        f"    every: {wiring.every_s}s",
        "",
    ]
    if facts.parts.evse_led:
        lines += ["  evse_state:", "    type: evse-state", "    gpio: pins"]
        lines += [f"    pin: {wiring.pins['pin_evse_led']}", ""]
    seen = ["meter: meter"]
    seen += ["evse: evse_state"] if facts.parts.evse_led else []
    seen += ["switch: evse"] if facts.parts.evse else []
    return [
        *lines,
        "  alarm:",
        "    type: charge-alarm",
        f"    from: {{{', '.join(seen)}}}",
        "",
    ]


def _ledger() -> list[str]:
    return [
        "  ledger:",
        "    type: ledger",
        "    store: store",
        "    from:",
        "      session:",
        *(
            f"        - {{ref: session.{port}, durable: true}}"
            for port in ("started", "latched", "ended", "settled")
        ),
        "      reading: meter",
        "",
    ]


def _feedback(facts: FlowFacts) -> list[str]:
    pins, lines = facts.wiring.pins, []
    if facts.parts.led:
        lines += [
            "  troubles:",
            "    type: switch",
            "    from: flow.status",
            "    field: kind",
            "    cases:",
            "      fault: {one_of: [fault, clear]}",
            "",
            "  led:",
            "    type: rgb-led",
            "    from:",
            "      - session.status",
            *(["      - evse_state"] if facts.parts.evse_led else []),
            "      - authorise.rejected",
            "      - session.refused",
            "      - troubles.fault",
            "    gpio: pins",
            *(f"    {colour}: {pins[f'pin_led_{colour}']}" for colour in ("red", "green", "blue")),
            *_pulse(facts.wiring.pulse_percent),
            "    safe: off",
            "",
        ]
    if facts.parts.buzzer:
        lines += [
            "  buzzer:",
            "    type: buzzer",
            "    from:",
            *(
                f"      - {source}"
                for source in (
                    *("authorise.rejected", "authorise.enrolled"),
                    *("session.refused", "session.started", "session.ended"),
                )
            ),
            "    gpio: pins",
            f"    pin: {pins['pin_buzzer']}",
            "    safe: silent",
            "",
        ]
    return lines


def _pulse(percent: tuple[int, int] | None) -> list[str]:
    return (
        []
        if percent is None
        else [f"    pulse_min: {percent[0]}%", f"    pulse_max: {percent[1]}%"]
    )


def _statement() -> list[str]:
    return [
        "  month_end:",
        "    type: schedule",
        "    each: month",
        "    day: 1",
        "    at: 06:00",
        "    missed: run-once",
        "    keep: durable",
        "",
        "  report:",
        "    type: charge-report",
        "    from: month_end",
        "    formats: [pdf, xlsx]",
        "",
    ]


def _people(facts: FlowFacts) -> list[str]:
    messages = facts.messages
    if not messages.prowl and messages.pushover is None:
        return []
    lines = [
        "  owner:                               # `oppleo-flow nodes recipient` has all events",
        "    type: recipient",
        "    from: [alarm, report, flow.status, flow.start, flow.stop]",
        "    events: [fault, meter-silent, statement-ready, process]",
        "    keep: durable",
        "",
    ]
    if messages.prowl:
        lines += _sender("prowl", "prowl", ["key: !secret prowl_key"])
    if messages.pushover is not None:
        options = ["token: !secret pushover_token", "user: !secret pushover_user"]
        options += [f"{name}: {text}" for name, text in messages.pushover.items()]
        lines += _sender("pushover", "pushover", options)
    return lines


def _sender(name: str, kind: str, options: Iterable[str]) -> list[str]:
    return [
        f"  {name}:",
        f"    type: {kind}",
        "    from: {ref: owner, durable: true}",
        "    http: web",
        *(f"    {option}" for option in options),
        "    on_error: {retry: 60, backoff: 5s..1h, then: dead-letter}",
        "",
    ]


def _broker(facts: FlowFacts) -> list[str]:
    if facts.messages.broker is None:
        return []
    levels = ["meter", "offpeak.hours"]
    levels += ["evse_state"] if facts.parts.evse_led else []
    levels += ["evse"] if facts.parts.evse else []
    return [
        "  oppleo:                              # the topics that Oppleo had",
        "    type: oppleo-mqtt",
        "    broker: broker",
        "    store: store",
        f"    charger_id: {quoted(facts.charger_id)}",
        "    keep: durable",
        "    from:",
        *(f"      - {level}" for level in levels),
        *(f"      - {{ref: session.{port}, durable: true}}" for port in ("started", "ended")),
        "      - ledger.billed",
        "",
    ]


def _flat(kind: str, options: dict[str, str]) -> str:
    parts: Sequence[str] = [f"type: {kind}", *(f"{name}: {text}" for name, text in options.items())]
    return f"{{{', '.join(parts)}}}"
