"""The files that profiles of meters are kept in: YAML, one a model, named after it.

The built-in ones are in `meter_profiles/`.  A site may add its own in a folder `meters` beside its
node files: `nodes/meters/acme-3.yaml` makes `model: acme-3` possible.
"""

import difflib
import functools
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

from oppleo_flow.devices.meter_profile import MeterProfile
from oppleo_flow.errors import ConfigError

OWN_FOLDER: Final = "meters"
"""The folder of a site's own profiles, beside its node files."""
_BUILT_IN: Final = Path(__file__).with_name("meter_profiles")


def built_in_models() -> list[str]:
    """Return the models whose profiles come with the program."""
    return sorted(_built_in_names(), key=str.casefold)


def own_profiles(own: Path) -> dict[str, MeterProfile | ConfigError]:
    """Return the models of a site's own, each with its profile, or what is wrong with its file."""
    return {file.stem: _profile_or_error(file) for file in sorted(_own_files(own))}


def profile_among(name: str, own: Mapping[str, MeterProfile | ConfigError]) -> MeterProfile:
    """Return the profile of a model that is built in, or one of a site's own.

    Raises:
        ConfigError: There is none of this name, or its file is wrong.
    """
    if name in _built_in_names():
        return _built_in(name)
    if name not in own:
        raise ConfigError(_unknown(name, [*_built_in_names(), *own]))
    profile = own[name]
    if isinstance(profile, ConfigError):
        raise profile
    return profile


def meter_profile(name: str, own: Path | None = None) -> MeterProfile:
    """Return the profile of a model; `own` is a site's folder of node files.

    Raises:
        ConfigError: There is no such model, or its file is wrong; with file, line and column.
    """
    if name in _built_in_names():
        return _built_in(name)
    files = {} if own is None else {file.stem: file for file in _own_files(own)}
    if name not in files:
        raise ConfigError(_unknown(name, [*_built_in_names(), *files]))
    return read_profile(files[name])


def read_profile(file: Path) -> MeterProfile:
    """Return the profile that a file holds.

    Raises:
        ConfigError: It cannot be read or is wrong; a line each, with file, line and column.
    """
    # Not at the top: a start whose flow was checked before has read it already.
    from oppleo_flow.devices.checked_yaml import checked_yaml  # noqa: PLC0415

    return checked_yaml(file, MeterProfile, "meter profile")


@functools.cache
def _built_in_names() -> frozenset[str]:
    return frozenset(file.stem for file in _BUILT_IN.glob("*.yaml"))


@functools.cache
def _built_in(name: str) -> MeterProfile:
    return read_profile(_BUILT_IN / f"{name}.yaml")


def _own_files(own: Path) -> Iterator[Path]:
    return (own / OWN_FOLDER).glob("*.yaml")


def _profile_or_error(file: Path) -> MeterProfile | ConfigError:
    try:
        return read_profile(file)
    except ConfigError as error:
        return error


def _unknown(name: str, known: Collection[str]) -> str:
    by_case = {one.casefold(): one for one in sorted(known, key=str.casefold)}
    close = difflib.get_close_matches(name.casefold(), by_case, n=1)
    meant = f"did you mean {by_case[close[0]]!r}? " if close else ""
    return f"unknown meter model {name!r}; {meant}known: {', '.join(by_case.values())}"
