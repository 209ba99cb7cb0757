"""Send a message to one of several outputs, by what it says.

Each case is an output of the node. The first case from the top that holds takes the message; with
`all: true` every case that holds does.

```yaml
load:
  type: switch
  from: meter
  field: power_w
  cases:
    high: {above: 17000}
    normal: {at_least: 0, at_most: 17000}
    exporting: {below: 0}
  otherwise: silent          # whatever fits no case, and whatever has no `power_w`
```

The tests in one case must all hold:

| test | holds when the value |
|---|---|
| `above`, `below`, `at_least`, `at_most` | is a number, and so compared |
| `equals`, `one_of` | is the same (see below) |
| `matches` | is text that the regular expression describes from its beginning to its end |
| `present: true`, `present: false` | is there, is not there |
| `type` | (the whole payload) is of that type: `type: MeterUnknown` |

**The same** never converts: a number is equal to the number written, text to exactly the text
written, a truth to `true` or `false`. `equals: 1` takes the number 1 and the text `1`, not `true`,
not `01`.

**What is not there.** A field that the payload does not have, or that is empty, fits only
`present: false` and `type`. Otherwise it leaves by `otherwise`; without that it is an error,
because a rule about a value cannot be applied to none. A value that fits no case and has no
`otherwise` goes nowhere: that is how to let only some messages pass.

Without `field` the payload itself is tested: a number, a text, or its `type`. An output of a case
with `type` carries that type only, so it may be wired to an input that takes nothing else.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Protocol, Self, TypeVar

from pydantic import Field, field_validator, model_validator

from oppleo_flow import Example, NodeConfig, Out, PayloadError, Record, Router
from oppleo_flow.fields import ValueOfText, field_reader
from oppleo_flow.options import FieldPath, PortName, ScalarText
from oppleo_flow.payloads import MeterReading, MeterUnknown, payload_types

T = TypeVar("T")
Test = Callable[[Any, Any], bool]
"""Takes the value of the field and the payload."""
Outputs = Out[Any] | tuple[Out[Any], ...] | None
Route = Callable[[Any], Outputs]
"""Takes a payload and returns the outputs by which it leaves."""
Cases = Sequence[tuple[Test, Out[Any]]]


class Case(NodeConfig):
    """The tests of one case; all that are given must hold."""

    above: float | None = Field(None, description="More than this number.")
    below: float | None = Field(None, description="Less than this number.")
    at_least: float | None = Field(None, description="This number or more.")
    at_most: float | None = Field(None, description="This number or less.")
    equals: ScalarText | None = Field(None, description="The same number, text or truth.")
    one_of: tuple[ScalarText, ...] | None = Field(None, description="The same as one of these.")
    matches: str | None = Field(None, description="Text that this regular expression describes.")
    present: bool | None = Field(None, description="Whether the field is there.")
    type: str | None = Field(None, description="The type of the payload, such as MeterUnknown.")

    @field_validator("matches")
    @classmethod
    def _is_an_expression(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        return value

    @field_validator("type")
    @classmethod
    def _is_a_payload_type(cls, value: str | None) -> str | None:
        if value is not None and value not in _types():
            close = get_close_matches(value, sorted(_types()), n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ", such as MeterReading"
            raise ValueError(f"not a payload type{hint}")
        return value

    @model_validator(mode="after")
    def _tests_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("a case needs a test, such as `above: 5` or `equals: charging`")
        return self

    @property
    def only_compares(self) -> bool:
        """Return whether the case has the one test that the value is the same as something."""
        return self.model_fields_set in ({"equals"}, {"one_of"})

    @property
    def carries(self) -> Any:
        """Return the type of what this case lets through."""
        return T if self.type is None else _types()[self.type]


class SwitchConfig(NodeConfig):
    """Settings of a `switch` node."""

    field: FieldPath | None = Field(None, description="Field to test; none: the payload itself.")
    cases: dict[PortName, Case] = Field(
        min_length=1, description="Output: tests. Tried from the top."
    )
    otherwise: PortName | None = Field(
        None, description="Output for what fits no case; none: it goes nowhere."
    )
    all: bool = Field(False, description="Send to every case that holds, not only the first.")


class Switch(Router[SwitchConfig]):
    """Send a message to one of several outputs, by what it says.

    Input:
        Any payload.

    Output:
        The same payload, on the output named by the case.

    Raises:
        PayloadError: The field is not there and there is no `otherwise`, or a test needs a number
            or a text and the value is none.

    Source:
        None.
    """

    type_name = "switch"
    icon = "split"
    examples = [
        Example(
            config={
                "field": "power_w",
                "cases": {"high": {"above": "17000"}, "low": {"at_most": "17000"}},
                "otherwise": "silent",
            },
            send=[MeterReading.sample(power_w=20_000.0), MeterUnknown.sample()],
            expect={
                "high": MeterReading.sample(power_w=20_000.0),
                "low": [],
                "silent": MeterUnknown.sample(),
            },
        ),
        Example(
            config={"cases": {"value": {"type": "MeterReading"}}},
            send=[MeterReading.sample(), MeterUnknown.sample()],
            expect={"value": MeterReading.sample()},
            doc="By type; what fits no case goes nowhere.",
        ),
    ]

    @classmethod
    def extra_outputs(cls, config: SwitchConfig) -> Mapping[str, Any]:
        """Return an output for each case, and the one of `otherwise`."""
        ports = {name: case.carries for name, case in config.cases.items()}
        return ports if config.otherwise is None else {**ports, config.otherwise: T}

    def start(self) -> None:
        """Turn the cases into one function, which the engine calls as the handler itself."""
        self._route = vars(self)["on_message"] = self._compiled()

    def on_message(self, payload: T) -> Out[T] | tuple[Out[T], ...] | None:
        """Say where the payload belongs."""
        return self._route(payload)

    def _compiled(self) -> Route:
        c = self.config
        rest = self._let_go if c.otherwise is None else _always(self.out(c.otherwise))
        read = field_reader(c.field)
        if not c.all and all(case.only_compares for case in c.cases.values()):
            return _by_value(c.field, _Meanings(self._values()), rest)
        cases = tuple((_test_of(case), self.out(port)) for port, case in c.cases.items())
        return _to_every(read, cases, rest) if c.all else _to_first(read, cases, rest)

    def _values(self) -> Iterable[tuple[str, Out[Any]]]:
        """Yield each text that a case compares with, and the output of that case."""
        for port, case in self.config.cases.items():
            for text in case.one_of or (case.equals,):
                if text is not None:
                    yield text, self.out(port)

    def _let_go(self, payload: object) -> None:
        """Let a value go that fits no case; what has none cannot be judged."""
        if field_reader(self.config.field)(payload) is None:
            raise PayloadError(
                f"field {self.config.field!r}: {type(payload).__name__} has none; "
                "give the switch an `otherwise`, or a case with `present: false`"
            )


def _always(out: Out[Any]) -> Route:
    return lambda _: out


def _by_value(field: str | None, meanings: "_Meanings", rest: Route) -> Route:
    """Return what looks a value up, however many cases there are."""
    read = field_reader(field)
    key = field or ""
    flat = Record if key and "." not in key else None

    def route(payload: Any) -> Outputs:
        # A record's own field is read here and now: this is the hot path of a router.
        value = payload.get(key) if type(payload) is flat else read(payload)
        return meanings[type(value)].get(value) or rest(payload)

    return route


def _to_first(read: Callable[[Any], Any], cases: Cases, rest: Route) -> Route:
    def route(payload: Any) -> Outputs:
        value = read(payload)
        for holds, out in cases:
            if holds(value, payload):
                return out
        return rest(payload)

    return route


def _to_every(read: Callable[[Any], Any], cases: Cases, rest: Route) -> Route:
    def route(payload: Any) -> Outputs:
        value = read(payload)
        fitting = tuple(out for holds, out in cases if holds(value, payload))
        return fitting or rest(payload)

    return route


class _Meanings(dict[type, "_Lookup"]):
    """Outputs by the values that cases compare with: one table for each type of value.

    A table is made when the first value of its type comes.  The first case that means a value has
    it, as when cases are tried from the top.
    """

    def __init__(self, values: Iterable[tuple[str, Out[Any]]]) -> None:
        super().__init__()
        self._values = tuple((ValueOfText(text), out) for text, out in values)

    def __missing__(self, kind: type) -> "_Lookup":
        table: dict[Any, Out[Any]] = {}
        for means, out in self._values:
            if means.is_a(kind):
                table.setdefault(means[kind], out)
        found = self[kind] = table or _Nothing()
        return found


class _Lookup(Protocol):
    """A table of outputs."""

    def get(self, value: Any, /) -> Out[Any] | None:
        """Return the output for a value; None when it has none."""
        ...


class _Nothing:
    """The table for a type whose values no case means, some of which cannot be looked up."""

    def get(self, value: Any, /) -> Out[Any] | None:
        """Return None."""
        return None


def _test_of(case: Case) -> Test:
    """Return the function that tells whether all tests of a case hold."""
    tests = list(_tests(case))
    return tests[0] if len(tests) == 1 else lambda v, payload: all(t(v, payload) for t in tests)


def _tests(case: Case) -> Iterable[Test]:
    if case.type is not None:
        kind = _types()[case.type]
        yield lambda _, payload: isinstance(payload, kind)
    if case.present is not None:
        present = case.present
        yield lambda v, _: (v is not None) is present
    if case.equals is not None:
        yield _same(case.equals)
    if case.one_of is not None:
        choices = [_same(text) for text in case.one_of]
        yield lambda v, payload: any(same(v, payload) for same in choices)
    if case.matches is not None:
        yield _matching(case.matches)
    yield from _orders(case)


def _same(text: str) -> Test:
    means = ValueOfText(text)
    return lambda v, _: means[type(v)] == v


def _matching(expression: str) -> Test:
    describes = re.compile(expression).fullmatch

    def holds(value: Any, _: Any) -> bool:
        if value is None:
            return False
        if not isinstance(value, str):
            raise PayloadError(f"matches: a text is needed, got {value!r}")
        return describes(value) is not None

    return holds


def _orders(case: Case) -> Iterable[Test]:
    if case.above is not None:
        yield _ordered("above", case.above, operator.gt)
    if case.below is not None:
        yield _ordered("below", case.below, operator.lt)
    if case.at_least is not None:
        yield _ordered("at_least", case.at_least, operator.ge)
    if case.at_most is not None:
        yield _ordered("at_most", case.at_most, operator.le)


def _ordered(name: str, limit: float, compare: Callable[[Any, float], bool]) -> Test:
    def holds(value: Any, _: Any) -> bool:
        kind = type(value)
        if kind is float or kind is int or kind is Decimal:
            return compare(value, limit)
        if value is None:
            return False
        raise PayloadError(f"{name}: a number is needed, got {value!r}")

    return holds


def _types() -> dict[str, type]:
    types: list[type] = [*payload_types(), Record]
    return {kind.__name__: kind for kind in types}
