"""Reading an answer of the running runtime that goes on, until somebody has had enough."""

import argparse
import json
import time
from collections.abc import Generator, Iterator, Mapping
from http.client import HTTPConnection, HTTPException

from oppleo_flow.cli.command import UsageError
from oppleo_flow.cli.running import Running, RuntimeRefused
from oppleo_flow.errors import ServiceError
from oppleo_flow.options import parse_seconds

_SILENT_S = 20.0  # it gives a sign of life four times as often
_OK = 200


class RuntimeGone(ServiceError):
    """The runtime that was listened to has stopped, or does not answer any more."""


def add_time(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the option that says how long to listen."""
    parser.add_argument(
        "--for", dest="time", metavar="TIME", help=f"{what} for so long, as 10m or 1h30m"
    )


def seconds_of(time_given: str | None, command: str, option: str = "--for") -> float | None:
    """Return the time that a command line gives in seconds; None for none.

    Raises:
        UsageError: It is none.
    """
    if time_given is None:
        return None
    try:
        found = parse_seconds(time_given)
    except ValueError as error:
        raise UsageError(f"{option}: {error}, got {time_given!r}", command) from None
    if not isinstance(found, int | float) or found <= 0:
        raise UsageError(f"{option}: a time such as 10m is needed, got {time_given!r}", command)
    return float(found)


def lines_from(running: Running, path: str, for_s: float | None) -> Generator[str, None, None]:
    """Yield the lines that a runtime answers with; it ends when the time is over.

    Raises:
        RuntimeRefused: It says no.
        RuntimeGone: It has stopped, or something is in the way.
    """
    until_s = None if for_s is None else time.monotonic() + for_s
    headers = running.headers()
    connection = running.connect(_SILENT_S)
    try:
        yield from _lines(connection, path, headers, until_s)
    except TimeoutError as error:
        if until_s is None or time.monotonic() < until_s:
            raise RuntimeGone(f"{running.url}: the runtime does not answer any more") from error
        return
    except (OSError, HTTPException, ValueError) as error:
        if isinstance(error, ServiceError):
            raise
        raise RuntimeGone(f"{running.url}: the runtime has gone: {error}") from error
    finally:
        connection.close()
    if until_s is None or time.monotonic() < until_s:
        raise RuntimeGone(f"{running.url}: the runtime has stopped")


def _lines(
    connection: HTTPConnection, path: str, headers: Mapping[str, str], until_s: float | None
) -> Iterator[str]:
    connection.request("GET", f"/api/v1{path}", headers=dict(headers))
    socket = connection.sock
    with connection.getresponse() as answer:
        if answer.status != _OK:
            problem = dict(json.loads(answer.read()))
            raise RuntimeRefused(problem, f"the runtime answers {answer.status}")
        while True:
            left_s = _SILENT_S if until_s is None else until_s - time.monotonic()
            if left_s <= 0:
                return
            socket.settimeout(min(left_s, _SILENT_S))
            line = answer.readline()
            if not line:
                return
            yield line.decode()
