"""One run of the checker finds everything that is wrong with a flow, and nothing else."""

from pathlib import Path

from oppleo_flow.flowfile import CheckSettings, SiteSecrets, check_text
from oppleo_flow.registry import Registry

FILE = Path(__file__).parent / "forty_mistakes.yaml"
FINDINGS = [
    "format-missing: 2:1: 'format' is missing; add 'format: 1'",
    "bad-id: 2:7: a flow's name is small letters, digits, - and _, got 'Forty Mistakes'; rename it",
    "wrong-shape: 3:6: 'doc' is text, got a list",
    "unknown-key: 4:1: 'variables' is not a part of a flow; did you mean 'vars'?",
    "variable-cycle: 8:9: the variable is made of itself: rate → pace → rate; give one of them a "
    "value",
    "secret-place: 9:8: a secret cannot be a variable; write !secret where it is used",
    "bad-id: 11:3: a variable's name is small letters, digits and _, got 'Zone'",
    "unknown-type: 15:15: spi: unknown connection type 'spi-buss'; did you mean 'spi-bus'?",
    "unused-connection: 17:3: warning: twin: no node uses the connection 'twin'; remove it",
    "resource-claimed: 17:34: twin: serial port /dev/ttyUSB0 is already used by 'rs485' "
    "(f.yaml:16:35); choose another",
    "option-value: 18:39: store: 'simulate' must be on or off, got 'perhaps'",
    "option-value: 25:15: rfid: 'debounce': a duration such as 500ms, 10s, 5m, 1h30m or 2d is "
    "needed, got 3",
    "unknown-node: 29:11: authorise: there is no node 'rfidd'; did you mean 'rfid'?",
    "connection-type: 30:12: authorise: 'store' needs a LedgerConnection, and 'web' is a "
    "http-client; 'store' would fit",
    "wire-type: 35:14: session: 'authorise.rejected' carries Rejected, but the input 'token' of "
    "charge-session takes Authorised; did you mean 'authorise.accepted'?",
    "unknown-port: 37:7: session: charge-session has no input 'plugg'; did you mean 'plug'?",
    "ambiguous-port: 41:11: offpeak: 'session' has 7 outputs; say which: session.request, "
    "session.started, session.latched, session.ended, session.settled, session.refused, "
    "session.status",
    "option-value: 43:31: offpeak: 'open[0].from': a time of day such as 07:00, or 24:00 for the "
    "day's end, is needed, got '25:00'",
    "missing-safe: 45:3: evse: evse-switch moves the world and has no safe level; add 'safe: off'",
    "missing-stale-after: 45:3: warning: evse: evse-switch stays as it is when 'offpeak.out' can "
    "no longer be trusted; add 'stale_after: 90s'",
    "option-value: 49:10: evse: 'pin' must be at most 27, got 99",
    "tab: 53:1: meter: a tab, where YAML wants spaces; replace it with spaces",
    "option-value: 54:14: meter: 'unit_id' must be a whole number, got 1.0",
    "unknown-connection: 57:38: meter_2: 'bus': there is no connection 'rs458'; did you mean "
    "'rs485'?",
    "resource-claimed: 66:12: led: GPIO 12 is already used by 'evse_state' (f.yaml:59:51); "
    "choose another",
    "bad-safe: 67:11: led: 'safe' must be off, got 'of'; did you mean 'off'?",
    "stale-after-on-event: 74:18: buzzer: 'stale_after' needs a level, and 'authorise.rejected' "
    "sends events, which never go stale; remove it, or wire a level",
    "on-error: 75:22: buzzer: 'on_error.then' is neither a known word nor an output, got "
    "'droop'; did you mean 'drop'?",
    "anchor: 83:10: month_end: the anchor &first is not allowed; repeat the value, or use vars",
    "migrated: 85:3: warning: report: its options are of version 1 of charge-report: 'within' is "
    "now 'timeout'; this is written with the next save, and 'version: 2'",
    "option-value: 89:20: report: 'formats[1]' must be xlsx, pdf, csv or csv-excel, got 'docx'",
    "newer-version: 91:58: again: 'version' is 99, and charge-report here has version 2; update "
    "what provides it",
    "duplicate-wire: 95:20: push: 'report' is wired to the same input twice; remove one",
    "missing-secret: 97:10: push: there is no secret 'prowl'; add 'prowl: …' to secrets.yaml, or "
    "set OPPLEO_SECRET_PROWL",
    "safe-on-non-actuator: 98:11: push: prowl moves nothing, so it has no safe level; remove "
    "'safe'",
    "cycle: 100:30: warning: one: one → two → one is a circle without a delay; put a 'delay' "
    "into it",
    "duplicate-key: 102:3: 'push' stands here a second time, first in line 93; remove or rename "
    "one",
    "missing-variable: 104:49: later: the environment variable 'WAIT' is not set; set it, or "
    "write $(env.WAIT:-default)",
    "block-policy: 104:76: later: 'full: block' would make 'flow' wait, and with it every node; "
    "use drop-oldest, drop-newest or latest",
    "unknown-step: 109:9: tests: 'advnce' is not a step; did you mean 'advance'?",
]


def test_forty_mistakes_are_forty_findings_in_one_run() -> None:
    settings = CheckSettings(secrets=SiteSecrets(Path("secrets.yaml"), {}))
    text = FILE.read_text(encoding="utf-8")
    found = check_text(text, "f.yaml", Registry.installed(), settings).findings
    assert [f"{f.code}: {f.headline().removeprefix('f.yaml:')}" for f in found] == FINDINGS
    assert len(found) == 40
