"""The texts of a language, and how it writes numbers and dates: one YAML file each.

A text is found by its path in the file, `unit.sessions`.  One that depends on a count has two
forms, `one` and `other`.
"""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Final, Literal, get_args

from oppleo_flow.immutable import immutable

Language = Literal["en", "nl"]
LANGUAGES: Final[tuple[str, ...]] = get_args(Language)

Forms = Mapping[str, str]
"""The forms of a text: `other`, and `one` where it depends on a count."""


@immutable
class Manner:
    """How a language writes numbers, money and dates."""

    decimal: str
    group: str
    money: str
    date: str
    moment: str
    signs: Mapping[str, str]
    months: tuple[str, ...]
    weekdays: tuple[str, ...]


@immutable
class Catalogue:
    """What is known of a language."""

    manner: Manner
    texts: Mapping[str, Forms]


@cache
def catalogue(language: str) -> Catalogue:
    """Return the texts of a language, which is one of `LANGUAGES`."""
    # Not at the top: a start has no use for it until something is told.
    import yaml  # noqa: PLC0415

    file = resources.files(__package__).joinpath(f"{language}.yaml")
    found = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    manner = found.pop("manner")
    return Catalogue(
        Manner(
            **{
                **manner,
                "months": tuple(manner["months"]),
                "weekdays": tuple(manner["weekdays"]),
            }
        ),
        dict(_texts("", found)),
    )


def _texts(path: str, found: Mapping[str, Any]) -> list[tuple[str, Forms]]:
    texts: list[tuple[str, Forms]] = []
    for name, value in found.items():
        at = f"{path}.{name}" if path else name
        if isinstance(value, str):
            texts.append((at, {"other": value}))
        elif value.keys() == {"one", "other"}:
            texts.append((at, value))
        else:
            texts += _texts(at, value)
    return texts
