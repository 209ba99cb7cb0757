from datetime import UTC, datetime, timedelta

import pytest

from oppleo_flow.errors import Refused, StoreError
from oppleo_flow.payloads import MeterReading
from oppleo_flow.reports.readings.child import ReadingsExport
from oppleo_flow.reports.readings.request import ReadingsRequest
from oppleo_flow.store import StoreLocation, open_ledger

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


@pytest.fixture
def request_for(tmp_path):
    path = tmp_path / "ledger.sqlite"
    times = [NOON + timedelta(seconds=10 * number) for number in range(5000)]
    with open_ledger(StoreLocation(path), "garage") as ledger:
        ledger.readings.record([MeterReading.sample(time=time) for time in times])

    def request_for(**changes):
        wanted = {
            **{"ledger": path, "charge_point": "garage", "meter": "meter"},
            **{"since": NOON, "until": NOON + timedelta(days=3), "format": "csv"},
        }
        return ReadingsRequest(**wanted | changes)

    return request_for


def test_what_the_arguments_of_the_process_say_is_what_was_asked(request_for):
    asked = request_for(meter="--odd name", format="xlsx")
    assert ReadingsRequest.parse(asked.arguments()) == asked


def test_who_does_not_want_the_rest_ends_the_process_and_makes_room_for_others(request_for):
    export = ReadingsExport(at_once=1)
    pieces = export.begin(request_for())
    assert next(pieces).startswith(b"time_utc,energy_import_wh,")
    with pytest.raises(Refused) as refusal:
        export.begin(request_for())
    assert str(refusal.value) == (
        "readings are being exported already; try again when that is done"
    )
    pieces.close()
    pieces.close()  # as often as anybody likes
    assert b"".join(export.begin(request_for())).count(b"\r\n") == 5001


def test_a_ledger_that_cannot_be_read_is_said_before_a_file_begins(request_for, tmp_path):
    export = ReadingsExport(at_once=1)
    missing = tmp_path / "missing.sqlite"
    for _ in range(2):  # the place is free again
        with pytest.raises(StoreError, match=r"missing\.sqlite: "):
            export.begin(request_for(ledger=missing))


def test_a_process_that_cannot_begin_holds_no_place(request_for):
    export = ReadingsExport(at_once=1)
    for _ in range(2):
        with pytest.raises(ValueError, match="null byte"):
            export.begin(request_for(meter="\0"))
    export.begin(request_for()).close()
