"""Two sessions that were one: the first lasts until the end of the second, which is made void.

Nothing is deleted: both are corrections, and either may be taken back.
"""

from oppleo_flow.charging.correction import Changes, kwh
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.errors import Refused


def join(first: SessionRecord, second: SessionRecord) -> tuple[Changes, Changes]:
    """Return how each of two sessions is corrected so that they are one.

    Raises:
        Refused: They are not of one token and charge point, one did not follow the other, or the
            meter counted something between them.
    """
    place = f"session {second.session_id}"
    for one in (first, second):
        if one.is_open or one.void:
            state = "has not ended; end it first" if one.is_open else "is void already"
            raise Refused(f"session {one.session_id}: {state}")
    if (first.token_id, first.point) != (second.token_id, second.point):
        raise Refused(f"{place}: is of another card, or of another charge point, than the first")
    if first.ended_at is None or second.started_at < first.ended_at:
        raise Refused(f"{place}: began before the first had ended; name the earlier one first")
    ends_wh, begins_wh = first.meter_end_wh, second.meter_start_wh
    outer_wh = (first.meter_start_wh, second.meter_end_wh)
    if ends_wh is None or begins_wh is None or None in outer_wh:
        raise Refused(f"{place}: a register of the two is unknown; correct that first")
    if first.meter_serial != second.meter_serial:
        raise Refused(f"{place}: was counted by another meter than the first")
    if ends_wh != begins_wh:
        raise Refused(
            f"{place}: begins at {kwh(begins_wh)} kWh, where the first ends at {kwh(ends_wh)}; "
            "what lies between is of neither, correct a register first"
        )
    longer = Changes(ended_at=second.ended_at, meter_end_wh=second.meter_end_wh)
    return longer, Changes(void=True)
