"""Every code that a finding may have: in which pass it arises, how grave it is, what it means.

A code is stable: a program may rely on it, while the words of a finding may change.  Each has an
example in `code_examples/`: a flow that provokes it (`.yaml`), or, where a flow alone cannot,
commands that do in an empty folder (`.sh`).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from oppleo_flow.immutable import immutable

Severity = Literal["error", "warning", "info"]
Pass = Literal[
    "parse",
    "shape",
    "vars",
    "types",
    "options",
    "refs",
    "wires",
    "resources",
    "safety",
    "tests",
    "report",
]
_EXAMPLES: Final = Path(__file__).parent / "code_examples"


@immutable
class Code:
    """One kind of finding; only an error stops a flow from starting."""

    name: str
    found_by: Pass
    severity: Severity
    meaning: str

    @property
    def example(self) -> str:
        """Return a flow, or the commands, that provoke it."""
        return self._file.read_text(encoding="utf-8")

    @property
    def example_is_commands(self) -> bool:
        """Return whether the example is commands, because a flow alone cannot provoke it."""
        return self._file.suffix == ".sh"

    @property
    def _file(self) -> Path:
        flow = _EXAMPLES / f"{self.name}.yaml"
        return flow if flow.is_file() else flow.with_suffix(".sh")


_ALL: Final = (
    Code("unreadable-file", "parse", "error", "the file cannot be read"),
    Code("not-utf8", "parse", "error", "the file is not UTF-8 text"),
    Code("too-large", "parse", "error", "the file has too many bytes or values"),
    Code("too-deep", "parse", "error", "lists and maps are nested too deep"),
    Code("yaml-syntax", "parse", "error", "the text is not YAML"),
    Code("tab", "parse", "error", "a line is indented with a tab"),
    Code("duplicate-key", "parse", "error", "a name stands twice in the same map"),
    Code("anchor", "parse", "error", "an anchor, which flow files do not have"),
    Code("alias", "parse", "error", "an alias, which flow files do not have"),
    Code("tag", "parse", "error", "a tag other than !secret, or !secret in the wrong place"),
    Code("wrong-shape", "shape", "error", "a map, a list or text stands where another belongs"),
    Code("unknown-key", "shape", "error", "a part that a flow, a subflow or a test does not have"),
    Code("missing-key", "shape", "error", "a part without which it means nothing is missing"),
    Code("format-missing", "shape", "error", "the flow does not say its format"),
    Code("format-version", "shape", "error", "the flow has a format that is not known here"),
    Code("bad-id", "shape", "error", "a name that nothing may have"),
    Code("bad-variable", "vars", "error", "a $(…) that is not written rightly, or out of place"),
    Code("missing-variable", "vars", "error", "a $(…) that has no value and no default"),
    Code("variable-cycle", "vars", "error", "a variable is made of itself"),
    Code("secret-place", "vars", "error", "a secret stands where it would be shown"),
    Code("unused-variable", "vars", "warning", "a variable is set that the flow does not use"),
    Code("unknown-type", "types", "error", "no node pack provides this type"),
    Code("node-file", "types", "error", "the Python file of a node type is broken"),
    Code("newer-version", "types", "error", "options for a version of the type that is not here"),
    Code("migrated", "types", "warning", "options of an older version were brought up to date"),
    Code("migration-failed", "types", "error", "older options could not be brought up to date"),
    Code("unknown-subflow", "types", "error", "there is no subflow of this name"),
    Code("subflow-cycle", "types", "error", "a subflow contains itself"),
    Code("payload-type", "types", "error", "there is no payload type of this name"),
    Code("unused-subflow", "types", "warning", "no node uses the subflow"),
    Code("unused-parameter", "options", "warning", "nothing in a subflow uses its parameter"),
    Code("unknown-option", "options", "error", "an option that the type does not have"),
    Code("missing-option", "options", "error", "an option that the type needs is missing"),
    Code("option-value", "options", "error", "a value that the option does not take"),
    Code("out-of-date", "options", "warning", "no figure is known for the day that it is checked"),
    Code("plain-secret", "options", "warning", "a secret stands where all can read it"),
    Code("unknown-flow", "refs", "error", "there is no flow of this name beside this one"),
    Code("unknown-connection", "refs", "error", "an option names a connection that is not there"),
    Code("connection-type", "refs", "error", "an option names a connection of the wrong type"),
    Code("unused-connection", "refs", "warning", "no node uses the connection"),
    Code("missing-secret", "refs", "error", "a secret has no value"),
    Code("secrets-mode", "refs", "error", "others can read secrets.yaml"),
    Code("unknown-node", "wires", "error", "a wire begins at a node that is not there"),
    Code("unknown-port", "wires", "error", "a wire begins or ends at a port that is not there"),
    Code("ambiguous-port", "wires", "error", "it is not clear which of several ports is meant"),
    Code("other-flow", "wires", "error", "a wire begins outside of the subflow, or elsewhere"),
    Code("unused-input", "wires", "warning", "nothing in a subflow takes its input"),
    Code("wire-type", "wires", "error", "a wire carries what its end does not take"),
    Code("duplicate-wire", "wires", "error", "the same wire is there twice"),
    Code("durable-source", "wires", "error", "a wire cannot be durable where it begins"),
    Code("unwired-input", "wires", "error", "an input that the node needs has no wire"),
    Code("cycle", "wires", "warning", "wires lead in a circle in which nothing waits"),
    Code("unreachable", "wires", "warning", "no source leads to the node"),
    Code("unused-output", "wires", "info", "no wire leaves an output"),
    Code("resource-claimed", "resources", "error", "a pin, a bus address or a port is used twice"),
    Code("missing-safe", "safety", "error", "a node that moves the world has no safe level"),
    Code("bad-safe", "safety", "error", "a safe level that the node does not have"),
    Code("safe-on-non-actuator", "safety", "error", "a safe level on a node that moves nothing"),
    Code("fails-open", "safety", "error", "nobody accepted that a device stays on in a crash"),
    Code("unsafe-at-boot", "safety", "warning", "a pin is not safe until a program drives it"),
    Code("missing-stale-after", "safety", "warning", "it would follow a level that went stale"),
    Code("stale-after-on-event", "safety", "error", "events never go stale, only levels do"),
    Code("stale-after-on-non-actuator", "safety", "error", "nothing that could go to a safe level"),
    Code("on-error", "safety", "error", "what is to follow an error cannot be done"),
    Code("when-busy", "safety", "error", "it cannot do that while it is busy"),
    Code("block-policy", "safety", "error", "a full inbox would make every node wait"),
    Code("inbox-spool", "safety", "error", "an inbox on disk where none may be"),
    Code("unknown-step", "tests", "error", "a step that tests do not have"),
    Code("unknown-state", "tests", "error", "a test expects state that the node does not have"),
    Code("nothing-arrives", "tests", "error", "a test looks where no message can come by"),
    Code("unknown-payload", "tests", "error", "a test names a payload that cannot be there"),
    Code("unknown-field", "tests", "error", "a test names a field that the payload does not have"),
    Code("payload-value", "tests", "error", "a test gives or expects what cannot be"),
    Code("ambiguous-payload", "tests", "error", "it is not clear which payload a test gives"),
    Code("more", "report", "error", "there are more findings than are shown"),
)
CODES: Final[Mapping[str, Code]] = {code.name: code for code in _ALL}
