"""The payload types that the built-in nodes exchange.

Frozen, with the unit in the name: W and Wh, V, A, s; energy is an integer number of Wh; times are
aware UTC; power is import positive.  `None` means only "this model does not have it": what could
not be learnt has a type of its own.
"""

from collections.abc import Iterator

from oppleo_flow.payloads.base import (
    Payload,
)
from oppleo_flow.payloads.cards import (
    NO_LIMITS,
    NOBODY,
    Attribution,
    Authorised,
    CardEnrolled,
    CardSeen,
    Limits,
    Rejected,
    RejectReason,
    Trigger,
    Wish,
)
from oppleo_flow.payloads.copied import (
    CopyState,
)
from oppleo_flow.payloads.evse import (
    CurrentRequest,
    EvseReport,
    EvseSignal,
    EvseState,
    EvseUnknown,
    OffPeak,
    PeakOnce,
    SwitchRequest,
    SwitchState,
)
from oppleo_flow.payloads.history import (
    HistoryProgress,
    HistoryWish,
)
from oppleo_flow.payloads.meter import (
    MeterReading,
    MeterUnknown,
)
from oppleo_flow.payloads.prices import (
    BilledPart,
    MarketPrice,
    MarketPrices,
    PriceNow,
    PriceUnknown,
    SessionBilled,
)
from oppleo_flow.payloads.sessions import (
    RegisterQuality,
    SessionEnded,
    SessionLatched,
    SessionPhase,
    SessionSettled,
    SessionStarted,
    SessionStatus,
)
from oppleo_flow.payloads.told import (
    BackupMade,
    BackupStep,
    Beep,
    Failure,
    LedEffect,
    LedState,
    NoticeEvent,
    Notification,
    ReportWritten,
    Tick,
)
from oppleo_flow.payloads.vehicles import (
    OdometerMissing,
    OdometerSought,
    SessionOdometer,
    VehicleState,
    VehicleUnknown,
)

__all__ = [
    "NOBODY",
    "NO_LIMITS",
    "Attribution",
    "Authorised",
    "BackupMade",
    "BackupStep",
    "Beep",
    "BilledPart",
    "CardEnrolled",
    "CardSeen",
    "CopyState",
    "CurrentRequest",
    "EvseReport",
    "EvseSignal",
    "EvseState",
    "EvseUnknown",
    "Failure",
    "HistoryProgress",
    "HistoryWish",
    "LedEffect",
    "LedState",
    "Limits",
    "MarketPrice",
    "MarketPrices",
    "MeterReading",
    "MeterUnknown",
    "NoticeEvent",
    "Notification",
    "OdometerMissing",
    "OdometerSought",
    "OffPeak",
    "Payload",
    "PeakOnce",
    "PriceNow",
    "PriceUnknown",
    "RegisterQuality",
    "RejectReason",
    "Rejected",
    "ReportWritten",
    "SessionBilled",
    "SessionEnded",
    "SessionLatched",
    "SessionOdometer",
    "SessionPhase",
    "SessionSettled",
    "SessionStarted",
    "SessionStatus",
    "SwitchRequest",
    "SwitchState",
    "Tick",
    "Trigger",
    "VehicleState",
    "VehicleUnknown",
    "Wish",
    "payload_types",
]


def payload_types() -> Iterator[type[Payload]]:
    """Yield every payload type of this module."""
    for kind in globals().copy().values():
        if isinstance(kind, type) and issubclass(kind, Payload) and kind is not Payload:
            yield kind
