"""What a statement says, for good and for programs: the same for the same figures.

JSON, a line for what the statement is of, one for each session, and one for the sums.  It does not
depend on the language, on the formats, on when it was made, or on the version of the program.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from oppleo_flow.charging.issued import Change
from oppleo_flow.charging.reconciliation import Reconciliation
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.statement import Statement
from oppleo_flow.charging.statement_parts import vat_totals

_FACTS: Final = ("statement", "facts", "reimbursement", "meters", "registers", "other")
"""What may differ between two versions beside the sessions."""


def content(statement: Statement) -> bytes:
    """Return what a statement says."""
    return b"".join(_lines(statement))


def content_hash(text: bytes) -> str:
    """Return the SHA-256 of a content."""
    return hashlib.sha256(text).hexdigest()


def ledger_hash(statement: Statement) -> str:
    """Return the SHA-256 of what the ledger has of the period: all sessions, whoever it is for.

    The meter's registers are in it where the statement tells of them.
    """
    digest = hashlib.sha256(_line(_registers(statement)))
    ended = (*statement.lines, *statement.others)
    for session in sorted(ended, key=lambda one: (one.started_at, one.session_id)):
        digest.update(_line(_session(session)))
    return digest.hexdigest()


def tells_of_others(text: bytes) -> bool:
    """Return whether a content counts the sessions of all: no personal one does any more."""
    head, _ = _read(text)
    return "sessions" in head["other"]


def difference(before: bytes, after: bytes) -> Change:
    """Return what one content has and another has not."""
    old_head, old = _read(before)
    new_head, new = _read(after)
    changed = [name for name in new if name in old and old[name] != new[name]]
    found = {
        "added": [name for name in new if name not in old],
        "removed": [name for name in old if name not in new],
        "changed": changed,
    }
    return Change(
        {how: ids for how, ids in found.items() if ids},
        tuple(fact for fact in _FACTS if old_head.get(fact) != new_head.get(fact)),
    )


def _read(text: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the first line, and the sessions by their ids."""
    first, *rest = text.splitlines()
    sessions = {str(json.loads(line)["session"]): line for line in rest[:-1]}
    return json.loads(first), sessions


def _lines(statement: Statement) -> Iterator[bytes]:
    of = statement.heading
    by = of.reimbursement
    yield _line(
        {
            "statement": {
                "charge_point": of.charge_point,
                "period": str(of.period),
                "zone": of.zone.key,
                "currency": of.currency,
                "simulated": of.simulated,
                "selection": dict(of.selection.said),
            },
            "facts": of.facts.model_dump(mode="json", exclude_none=True, exclude={"number"}),
            "reimbursement": by
            and {
                "profile": by.profile.code,
                "basis": by.basis,
                "region": by.region,
                "agreed_per_kwh": by.agreed_per_kwh,
                "figures": [
                    {"since": one.since.isoformat(), "per_kwh": one.per_kwh}
                    for one in by.profile.figures
                    if one.region == by.region
                    and by.basis == "published-price"
                    and one.since < of.period.until
                    and of.period.first < one.until
                ],
            },
            "meters": [asdict(one) for one in statement.meters],
            "registers": _registers(statement),
            "other": _other(statement),
        }
    )
    for session in statement.lines:
        yield _line(_session(session))
    yield _line(
        {
            "sessions": len(statement.lines),
            "energy_wh": statement.energy_wh,
            "total": statement.total,
            "vat": {str(one.percent): one.vat for one in vat_totals(statement.lines)},
            "reimbursable": None if by is None else statement.reimbursable_total,
        }
    )


def _other(statement: Statement) -> Any:
    """Return how many sessions are not on it; one of somebody does not count those of others."""
    own = {"unfinished": statement.unfinished}
    if statement.heading.selection.personal:
        return own
    return {**own, "sessions": len(statement.others)}


def _registers(statement: Statement) -> Any:
    if statement.by_meter:
        return {meter: _reconciliation(found) for meter, found in statement.by_meter}
    return _reconciliation(statement.reconciliation)


def _reconciliation(found: Reconciliation | None) -> Any:
    if found is None:
        return None
    parts = [
        {
            name: [_time(at.time), at.energy_wh, at.serial]
            for name, at in (("opening", part.opening), ("closing", part.closing))
        }
        for part in found.parts
    ]
    return {
        "parts": parts,
        "unfinished_wh": found.unfinished_wh,
        "others_wh": found.others_wh,
        "unattributed_wh": found.unattributed_wh,
    }


def _session(session: SessionRecord) -> dict[str, Any]:
    return {
        "session": str(session.session_id),
        "label": session.label,
        "started_at": _time(session.started_at),
        "ended_at": _time(session.ended_at),
        "registers": [session.meter_start_wh, session.meter_end_wh, session.meter_serial],
        "energy_wh": session.energy_wh,
        "amount": session.amount,
        "slices": _slices(session),
        "flags": session.flags,
        "for": asdict(session.attribution),
        "odometer_km": session.odometer_km,
        "point": session.point,
        "corrections": [[_time(one.at), one.who, one.why] for one in session.corrections],
    }


def _slices(session: SessionRecord) -> Iterable[Any]:
    return [
        [_time(one.since), one.start_wh, one.end_wh, one.kind, one.per_kwh, one.estimated]
        for one in session.slices
    ]


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _line(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return f"{text}\n".encode()


def _plain(value: object) -> str:
    assert isinstance(value, Decimal)
    return f"{value:f}"
