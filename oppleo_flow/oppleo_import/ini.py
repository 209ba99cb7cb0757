"""Oppleo's own settings file, `oppleo.ini`.

Oppleo cannot read one with a `%` in a value, such as that of a password; here it is a sign as any
other.  `homeassisitant` is how Oppleo spells those keys.
"""

import configparser
from collections.abc import Mapping
from dataclasses import field
from typing import Final, Self

from oppleo_flow.errors import ConfigError
from oppleo_flow.immutable import immutable

_SECTION: Final = "Oppleo"
_YES_AND_NO: Final = configparser.RawConfigParser.BOOLEAN_STATES


@immutable
class OppleoIni:
    """What the file says, by key in small letters; empty where there is no file."""

    values: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str, place: str) -> Self:
        """Return what a text says.

        Raises:
            ConfigError: It is no such file.
        """
        parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
        try:
            parser.read_string(text.removeprefix("\ufeff"), place)
        except configparser.Error as error:
            raise ConfigError(f"{place}: is no settings file of Oppleo: {_why(error)}") from None
        if not parser.has_section(_SECTION):
            raise ConfigError(
                f"{place}: is no settings file of Oppleo: it has no section [{_SECTION}]"
            )
        return cls({key: value or "" for key, value in parser.items(_SECTION)})

    def text(self, key: str) -> str:
        """Return a value, without the quotes that some write; empty when it is not there."""
        return self.values.get(key, "").strip().strip("'\"")

    def flag(self, key: str) -> bool | None:
        """Return a yes or a no; None when the file has neither."""
        return _YES_AND_NO.get(self.text(key).lower())


def _why(error: configparser.Error) -> str:
    """Return what is wrong, by the line alone: what stands there may be a password."""
    if isinstance(error, configparser.MissingSectionHeaderError):
        return f"line {error.lineno} is in no section"
    if isinstance(error, configparser.ParsingError):
        return f"line {error.errors[0][0]} is no setting"
    return type(error).__name__
