"""What pydantic found, in our words: `'pin' must be at most 27, got 99`."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from oppleo_flow.flowfile.scalars import Misfit
from oppleo_flow.flowfile.suggest import closest, one_of
from oppleo_flow.flowfile.tree import Scalar, Value, kind_text

_NUMBER = re.compile(r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?")
_LONGEST = 40
_CHOICE = frozenset({"literal_error", "enum", "union_tag_invalid"})

Context = Mapping[str, Any]


def _bare(limit: Any) -> str:
    """Return a limit without the `.0` that only the type has."""
    return str(limit).removesuffix(".0")


def _plural(count: int, one: str) -> str:
    return f"{count} {one}" if count == 1 else f"{count} {one}s"


_MUST: Mapping[str, Callable[[Context], str]] = {
    "greater_than": lambda c: f"must be more than {_bare(c['gt'])}",
    "greater_than_equal": lambda c: f"must be at least {_bare(c['ge'])}",
    "less_than": lambda c: f"must be less than {_bare(c['lt'])}",
    "less_than_equal": lambda c: f"must be at most {_bare(c['le'])}",
    "multiple_of": lambda c: f"must be a multiple of {_bare(c['multiple_of'])}",
    "finite_number": lambda c: "must be a finite number",
    "string_too_short": lambda c: f"must have at least {_plural(c['min_length'], 'character')}",
    "string_too_long": lambda c: f"must have at most {_plural(c['max_length'], 'character')}",
    "string_pattern_mismatch": lambda c: f"must match {c['pattern']}",
    "too_short": lambda c: f"must have at least {_plural(c['min_length'], 'item')}",
    "too_long": lambda c: f"must have at most {_plural(c['max_length'], 'item')}",
    "decimal_max_places": lambda c: f"must have at most {_plural(c['decimal_places'], 'decimal')}",
    "decimal_max_digits": lambda c: f"must have at most {_plural(c['max_digits'], 'digit')}",
}
_KINDS: Mapping[str, str] = {
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "bool": "on or off",
    "string": "text",
    "time": "a time such as 23:00",
    "date": "a date such as 2026-01-31",
    "datetime": "a time such as 2026-01-31T12:00:00+01:00",
    "time_delta": "a length of time",
    "url": "an address such as https://example.org",
    "uuid": "a UUID",
    "path": "a path",
    "list": "a list",
    "tuple": "a list",
    "set": "a list",
    "frozen_set": "a list",
    "dict": "a map",
    "mapping": "a map",
    "model": "a map",
    "model_attributes": "a map",
    "dataclass": "a map",
}


def must(error: Mapping[str, Any], value: Value | None) -> str:
    """Return what an error of pydantic says, without what was got instead."""
    code, context = error["type"], error.get("ctx", {})
    if isinstance(value, Scalar) and value.secret and code == "string_type":
        return "is shown to everybody, so it cannot be a !secret; write the text itself"
    if code in _CHOICE:
        return f"must be {one_of(_choices(error))}"
    if code in ("too_short", "too_long") and isinstance(value, Scalar):
        code = f"string_{code}"
    if code in _MUST:
        return _MUST[code](context)
    kind = _KINDS.get(re.sub(r"_(type|parsing|from_float|from_date.*|size|exact)$", "", code))
    if kind is not None:
        return f"must be {kind}"
    text = str(context["error"]) if "error" in context else str(error["msg"])
    return text[:1].lower() + text[1:].rstrip(".") if text.startswith("Input should") else text


def got(value: Value | None) -> str:
    """Return `, got 99`: what stands in the file; empty for a secret and when nothing is there."""
    if value is None:
        return ""
    if not isinstance(value, Scalar):
        return f", got {kind_text(value)}"
    if value.secret:
        return ""
    text = value.text if len(value.text) <= _LONGEST else f"{value.text[:_LONGEST]}…"
    shown = text if value.plain and _NUMBER.fullmatch(text) else repr(text)
    written = value.written
    return f", got {shown}" if written in (None, value.text) else f", got {shown} from {written}"


def advice(error: Mapping[str, Any]) -> str:
    """Return `; did you mean 'hold'?` for a word that is not one of a few; else nothing."""
    if error["type"] not in _CHOICE:
        return ""
    given = error.get("input")
    text = given.text if isinstance(given, Misfit) else str(given)
    close = closest(text, _choices(error))
    return f"; did you mean {close!r}?" if close is not None and close != text else ""


def _choices(error: Mapping[str, Any]) -> list[str]:
    context = error.get("ctx", {})
    expected = str(context.get("expected", context.get("expected_tags", "")))
    return [word.strip("' ") for word in re.split(r", | or ", expected)]
