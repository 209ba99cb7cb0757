"""A flow of two charge points that are made of one subflow, for the tests of subflows."""

from oppleo_flow.flowfile import CheckResult

HEAD = """\
flow: f
format: 1
connections: {gpio: {type: chip}, rs485: {type: bus, port: x}}
nodes:
  c: {type: card}
  a: {type: authorise, from: c}
"""  # six lines
POINT = """\
subflows:
  point:
    params:
      pin: {type: int, min: 2, max: 27, doc: The pin of its relay.}
      unit: {type: int, doc: The address of its meter.}
      every: {type: duration, default: 10s}
      bus: {type: connection, kind: bus, default: rs485}
    in: {card: Authorised}
    out: {state: relay, power: meter.reading}
    nodes:
      meter: {type: meter, bus: $(bus), unit: $(unit), every: $(every)}
      session: {type: session, from: {token: in.card, meter: meter}}
      relay: {type: relay, from: session.request, pin: $(pin), safe: off, stale_after: 90s}
"""
TWO = """\
  left: {type: flow:point, from: a.accepted, pin: 5, unit: 1}
  right: {type: flow:point, from: a.accepted, pin: 6, unit: 2, every: 2s}
  both: {type: same, from: [left.state, right.state]}
"""


def told(result: CheckResult) -> list[str]:
    """What was found, but for notes; `f.yaml` goes without saying."""
    found = [f for f in result.findings if f.severity != "info"]
    return [f.headline().removeprefix("f.yaml:") for f in found]
