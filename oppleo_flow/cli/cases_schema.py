"""The JSON Schema of the `tests:` of a flow."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import TypeAdapter

from oppleo_flow.cli.option_schema import (
    NOTHING,
    TEXT,
    OptionSchemas,
    Schema,
    choice,
    one_of,
    or_nothing,
    value_schema,
)
from oppleo_flow.flowfile.case_steps import OFF
from oppleo_flow.flowfile.cases import FAILURES, Lever, WorldWords
from oppleo_flow.options import NodeConfig, Seconds

_NAME: Final[Schema] = {"type": "string", "minLength": 1}
_NAMES: Final[Schema] = {"anyOf": [_NAME, {"type": "array", "items": _NAME}]}
_MOMENT: Final[Schema] = {"type": "string"}
_DURATION: Final[Schema] = value_schema(TypeAdapter(Seconds).json_schema())
_STUBS: Final[Schema] = {
    "type": "object",
    "additionalProperties": one_of([*choice([OFF]), {"type": "object"}]),
}
_ABOUT: Final[Mapping[str, str]] = {
    "send": "Let a payload leave an output: `{meter.reading: {power_w: 500}}`.",
    "inject": "Let a payload reach an input, wired or not: `{offpeak.once: {allowed: on}}`.",
    "expect": "A message that must have come, or its fields: `{evse: {on: true}}`.",
    "expect_none": "Where no message may have come.",
    "expect_state": "How a level, a node or the world must be now.",
    "expect_error": "Nodes of which a handler must have failed.",
    "advance": "Let time pass: `10s`, `1h30m`.",
    "fail": "Let the handlers of a node fail: `{meter: timeout}`; `off` ends it.",
    "stub": "What nodes answer instead of their own: `{authorise: {accepted: {…}}}`; `off`.",
    "restart": "Stop the runtime, and start it again, at once or after a while.",
    "set_clock": "Set the wall clock, while time goes on as before.",
}


def tests_schema(options: OptionSchemas, world: WorldWords) -> Schema:
    """Return the schema of `tests:` with the levers of a world, and what is given of it."""
    given = {} if world.premise is None else {"given": _given(options, world.premise)}
    case: dict[str, Schema] = {
        "name": {**TEXT, "description": "What must be true."},
        "at": {**_MOMENT, "description": "When it begins, such as 2026-01-15T23:30:00+01:00."},
        "timezone": {**_NAME, "description": "The zone of the site, such as Europe/Amsterdam."},
        "vars": {
            **or_nothing({"type": "object", "additionalProperties": TEXT}),
            "description": "Variables of the flow that have another value for this test.",
        },
        "params": {
            **or_nothing({"type": "object", "additionalProperties": TEXT}),
            "description": "What the parameters are, in a test of a subflow.",
        },
        "stub": {**or_nothing(_STUBS), "description": _ABOUT["stub"]},
        "ignore": {**or_nothing(_NAMES), "description": "Nodes whose messages do not matter."},
        **given,
        "do": {"type": "array", "items": _step(options, world.levers), "description": "The steps."},
    }
    return {
        "type": ["array", "null"],
        "items": {
            "type": "object",
            "properties": case,
            "required": ["name", "do"],
            "additionalProperties": False,
        },
        "description": "What the flow must do; `oppleo-flow test` tries it in virtual time.",
    }


def _given(options: OptionSchemas, premise: type[NodeConfig]) -> Schema:
    about = (premise.__doc__ or "").partition("\n")[0]
    return {**or_nothing(options.of(premise, "given")), "description": about}


def _step(options: OptionSchemas, levers: Mapping[str, type[Lever]]) -> Schema:
    """Return the schema of one item of `do`: a word, or a map of words."""
    anything: Schema = {"type": "object"}
    named: Schema = {"anyOf": [*_NAMES["anyOf"], anything]}
    failing: Schema = {"type": "object", "additionalProperties": one_of(choice([*FAILURES, OFF]))}
    words: dict[str, Schema] = {
        "send": named,
        "inject": named,
        "expect": named,
        "expect_none": _NAMES,
        "expect_state": anything,
        "expect_error": named,
        "advance": _DURATION,
        "fail": {"anyOf": [*_NAMES["anyOf"], failing]},
        "stub": _STUBS,
        "restart": or_nothing(_DURATION),
        "set_clock": _MOMENT,
    }
    steps = {word: {**schema, "description": _ABOUT[word]} for word, schema in words.items()}
    alone = ["restart", *(word for word, lever in levers.items() if not _needs(lever))]
    steps |= {word: _lever(options, word, lever) for word, lever in levers.items()}
    return {
        "anyOf": [
            {"type": "object", "properties": steps, "additionalProperties": False},
            *choice(alone),
        ]
    }


def _needs(lever: type[Lever]) -> bool:
    return any(field.is_required() for field in lever.model_fields.values())


def _lever(options: OptionSchemas, word: str, lever: type[Lever]) -> Schema:
    """Return what a lever's step may say: a map, or one value or word for it."""
    settings = options.of(lever, f"lever.{word}")
    fields: Mapping[str, Any] = settings["properties"]
    short = [fields[lever.main]] if lever.main else [*choice([*fields])] if fields else []
    nothing = [] if _needs(lever) else [NOTHING]
    about = (lever.__doc__ or "").partition("\n")[0]
    return {"anyOf": [settings, *short, *nothing], "description": about}
