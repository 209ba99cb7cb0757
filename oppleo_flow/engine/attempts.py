"""A call of what a node's author wrote: it may fail in any way, and must not take others along."""

from collections.abc import Callable
from threading import current_thread, main_thread
from typing import Any


def attempt(call: Callable[..., Any], *args: Any) -> tuple[Any, Exception | None]:
    """Call a handler, or anything else of a node; return what it returned, and what it raised."""
    try:
        return call(*args), None
    except BaseException as raised:
        return None, failure_of(raised)


def failure_of(raised: BaseException) -> Exception:
    """Return the failure of a handler: what it raised, if that is an `Exception`.

    One that ends the program, as `sys.exit` does, or its thread, has failed like any other.

    Raises:
        KeyboardInterrupt: It is the user's, who ends a flow that runs in virtual time.
    """
    if isinstance(raised, Exception):
        if isinstance(raised, MemoryError):
            raised.__traceback__ = None  # it would hold on to all that the handler took
        return raised
    if isinstance(raised, KeyboardInterrupt) and current_thread() is main_thread():
        raise raised
    if isinstance(raised, SystemExit):
        failure = RuntimeError(f"it asked for the end of the program, with {raised.code!r}")
    else:
        text, _ = attempt(str, raised)
        said = f": {text}" if text else ""
        failure = RuntimeError(f"it raised what is no error, {type(raised).__name__}{said}")
    failure.__cause__ = raised
    return failure
