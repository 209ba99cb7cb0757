"""The exception tree.

    OppleoError
     ├─ ConfigError (ValueError)            a flow, site or settings file is wrong
     │   ├─ UnknownNodeType (LookupError)
     │   └─ NodeFileError                   a node file cannot be imported, or breaks the contract
     ├─ DeviceError (OSError)               hardware said no, or said something that cannot be
     │   ├─ DeviceMissing                   the port, bus or library is not there
     │   └─ DeviceTimeout (TimeoutError)    no answer in time
     ├─ ServiceError (OSError)              another machine refused, or cannot be reached
     │   ├─ ServiceTimeout (TimeoutError)   it did not answer in time
     │   └─ ServiceRefused                  it refuses for good: trying again changes nothing
     ├─ StoreError (OSError)                the ledger or the state cannot be read or written
     ├─ PayloadError (ValueError)           a node cannot work with what came in
     └─ Refused                             the request was understood and is not allowed

Every class also derives from the builtin that a caller would expect.  Messages follow
`place: thing: what is wrong, got value; remedy`.
"""

from collections.abc import Iterable


class OppleoError(Exception):
    """Anything that oppleo_flow raises on purpose."""


class ConfigError(OppleoError, ValueError):
    """A flow, site or settings file is wrong; the message names file and line."""


class UnknownNodeType(ConfigError, LookupError):
    """A flow names a node type that no installed node pack provides."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        import difflib  # noqa: PLC0415  (the guardian and every start do without it)

        self.name = name
        close = difflib.get_close_matches(name, sorted(known), n=1)
        hint = f"; did you mean {close[0]!r}?" if close else "; see `oppleo-flow nodes`"
        super().__init__(f"unknown node type {name!r}{hint}")


class NodeFileError(ConfigError):
    """A node file cannot be imported or breaks the node contract; names its own file and line."""


class DeviceError(OppleoError, OSError):
    """A device refused, or answered something that cannot be right."""


class DeviceMissing(DeviceError):
    """The port, bus, pin or driver library is not there."""


class DeviceTimeout(DeviceError, TimeoutError):
    """A device did not answer in time.  No partial value is ever returned."""


class ServiceError(OppleoError, OSError):
    """Another machine refused a request, or cannot be reached."""


class ServiceTimeout(ServiceError, TimeoutError):
    """Another machine did not answer in time, or fell silent: it may have done what was asked."""


class ServiceRefused(ServiceError):
    """Another machine refused a request for good; no `retry` tries it again."""


class StoreError(OppleoError, OSError):
    """The ledger or the durable state cannot be read or written."""


class PayloadError(OppleoError, ValueError):
    """What came in is of the right type, and a node still cannot work with it."""


class Refused(OppleoError):
    """A request was understood and is not allowed now."""
