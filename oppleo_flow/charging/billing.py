"""What a session of the ledger costs, as a payload that people and machines are told."""

from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.payloads import BilledPart, SessionBilled


def billed(session: SessionRecord) -> SessionBilled | None:
    """Return what a session costs, by what is known now; None while it is open."""
    if session.ended_at is None:
        return None
    return SessionBilled(
        session_id=session.session_id,
        label=session.label,
        started_at=session.started_at,
        ended_at=session.ended_at,
        energy_wh=session.energy_wh,
        amount=session.amount,
        currency=session.currency,
        parts=tuple(
            BilledPart(
                since=part.since,
                until=part.until,
                energy_wh=part.energy_wh,
                tariff=part.kind,
                per_kwh=part.per_kwh,
                estimated=part.estimated,
            )
            for part in session.slices
        ),
        flags=session.flags,
    )
