import pytest

BASE = """\
flow: f
format: 1
connections: {gpio: {type: chip}, rs485: {type: bus, port: x}}
nodes:
  c: {type: card}
  a: {type: authorise, from: c}
  m: {type: meter, bus: rs485}
  s: {type: session, from: {token: a.accepted, meter: m}}
"""  # the next line is 9
USED = "  used: {type: relay, from: s.request, pin: 1, safe: off, stale_after: 9s}\n"


@pytest.mark.parametrize(
    ("node", "findings"),
    [
        pytest.param("{type: relay, from: s.request, pin: 5, stale_after: 9s}",
                     ["9:3: n: relay moves the world and has no safe level; "
                      "add 'safe: off' (or on)"], id="no safe level"),
        pytest.param("{type: relay, from: s.request, pin: 5, safe: of, stale_after: 9s}",
                     ["9:51: n: 'safe' must be off or on, got 'of'; did you mean 'off'?"],
                     id="a bad safe level"),
        pytest.param("{type: relay, from: s.request, pin: 5, safe: [off], stale_after: 9s}",
                     ["9:51: n: 'safe' must be text, got a list"], id="a list of safe levels"),
        pytest.param("{type: same, from: s.request, safe: off}",
                     ["9:42: n: same moves nothing, so it has no safe level; remove 'safe'"],
                     id="a safe level for what moves nothing"),
        pytest.param("{type: same, from: s.request, stale_after: 5s}",
                     ["9:49: n: same has no safe level to go to; remove 'stale_after'"],
                     id="a stale time for what moves nothing"),
        pytest.param("{type: lamp, from: a.rejected, safe: off, stale_after: 5s}",
                     ["9:61: n: 'stale_after' needs a level, and 'a.rejected' sends events, which "
                      "never go stale; remove it, or wire a level"], id="a stale time for events"),
        pytest.param("{type: lamp, from: [a.rejected, s.status_now], safe: off, stale_after: 5s}",
                     [], id="a stale time for a level among events"),
        pytest.param("{type: relay, from: s.request, pin: 5, safe: off}",
                     ["9:3: warning: n: relay stays as it is when 's.request' can no longer be "
                      "trusted; add 'stale_after: 90s'"], id="no stale time for a level"),
        pytest.param("{type: lamp, from: s.status_now, safe: off}", [],
                     id="what only shows something may show an old level"),
        pytest.param("{type: relay, from: s.request, pin: 17, safe: off, stale_after: 9s}",
                     ["9:42: warning: n: GPIO 17 is pulled down while the Raspberry Pi boots, and "
                      "'off' is high there; use GPIO 4, 5 or 6, or wire it the other way round"],
                     id="a pin that is on while the machine boots"),
        pytest.param("{type: relay, from: s.request, pin: 17, safe: off, stale_after: 9s, "
                     "inverted: no}", [], id="a pin that is off while the machine boots"),
        pytest.param("{type: relay, from: s.request, pin: 8, safe: on, stale_after: 9s}",
                     ["9:42: warning: n: GPIO 8 is pulled up while the Raspberry Pi boots, and "
                      "'on' is low there; use one of GPIO 9 to 27, or wire it the other way "
                      "round"], id="a pin that is off while the machine boots, and on is safe"),
        pytest.param("{type: remote-relay, from: s.request, safe: off, stale_after: 9s}",
                     ["9:3: n: remote-relay stays as it is when this machine dies; "
                      "add 'fails_open: accepted' if that is safe here"],
                     id="a device that stays on"),
        pytest.param("{type: remote-relay, from: s.request, safe: off, fails_open: yes, "
                     "stale_after: 9s}",
                     ["9:67: n: remote-relay stays as it is when this machine dies; "
                      "add 'fails_open: accepted' if that is safe here"], id="a half-hearted yes"),
        pytest.param("{type: remote-relay, from: s.request, safe: off, fails_open: accepted, "
                     "stale_after: 9s}", [],
                     id="a device that stays on, accepted"),
        pytest.param("{type: authorise, from: c, on_error: {then: rejectd}}",
                     ["9:50: n: 'on_error.then' is neither a known word nor an output, "
                      "got 'rejectd'; did you mean 'rejected'?"], id="an unknown consequence"),
        pytest.param("{type: authorise, from: c, on_error: {then: rejected}}",
                     ["9:50: n: 'on_error.then' would send CardSeen, which came in at 'in', on "
                      "'rejected', which carries Rejected; use fault, drop, dead-letter or "
                      "stop-flow"], id="an output that carries something else"),
        pytest.param("{type: guard, from: c, on_error: {then: accepted}}",
                     ["9:46: n: 'on_error.then' would send Rejected on 'accepted', which carries "
                      "Authorised; use fault, drop, dead-letter or stop-flow"],
                     id="what a node itself makes of a failure, on the wrong output"),
        pytest.param("{type: guard, from: c, on_error: {then: rejected}}", [],
                     id="what a node itself makes of a failure, where it belongs"),
        pytest.param("{type: same, from: c, on_error: {then: out}}", [],
                     id="an output that carries the same"),
        pytest.param("{type: authorise, from: c, inbox: {full: block}}", [],
                     id="a producer on a worker may wait"),
        pytest.param("{type: same, from: a.accepted, inbox: {full: block}}",
                     ["9:51: n: 'full: block' would make 'a' wait, and with it every node; "
                      "use drop-oldest, drop-newest or latest"], id="the dispatcher may not wait"),
        pytest.param("{type: same, from: flow.start, inbox: {in: {full: block}}}",
                     ["9:56: n: 'full: block' would make 'flow' wait, and with it every node; "
                      "use drop-oldest, drop-newest or latest"], id="nor may the flow itself"),
        pytest.param("{type: same, from: c, inbox: {full: spool, disk: 2GB}}", [],
                     id="a spool for what may be late"),
        pytest.param("{type: same, from: {ref: c, durable: true}, inbox: {full: spool}}",
                     ["9:64: n: 'full: spool' adds nothing to a durable wire, which keeps all on "
                      "disk; remove it"], id="a spool for what is on disk anyway"),
        pytest.param("{type: lamp, from: a.rejected, safe: off, inbox: {full: spool}}",
                     ["9:62: n: 'full: spool' would have lamp do what it was told long ago; "
                      "use latest"], id="a spool for an output"),
        pytest.param("{type: same, from: c, inbox: {full: spool, disk: 5}}",
                     ["9:55: n: 'inbox.disk': a size such as 50MB, 500kB or 2GB is needed, "
                      "got 5"], id="a spool of no known unit"),
        pytest.param("{type: same, from: c, when_busy: drop, inbox: {full: spool}}",
                     ["9:39: n: 'when_busy' drop gives up what waits, and 'full: spool' keeps "
                      "it; remove one of them"], id="a spool of what is dropped"),
    ],
)  # fmt: skip
def test_what_moves_the_world_and_what_may_wait_is_checked(headlines, node, findings) -> None:
    assert headlines(f"{BASE}  n: {node}\n{USED}") == findings


def test_a_node_knows_its_safe_level_and_its_patience(check) -> None:
    node = "{type: relay, from: s.request, pin: 17, safe: on, stale_after: 1m30s}"
    made = check(f"{BASE}  n: {node}\n").graph.nodes["n"]
    assert (made.safe, made.stale_after_s) == ("on", 90.0)
