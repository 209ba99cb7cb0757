"""A flow in a simulated house: what a test can do to the house, and what it is told."""

from datetime import UTC, datetime, timedelta

import pytest

from oppleo_flow.errors import ConfigError
from oppleo_flow.testing.house import House, PastFault

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SETTLED = NOON + timedelta(seconds=30)
FLOW = """\
flow: house
format: 1
connections:
  pins: {type: gpio}
  spi: {type: spi-bus}
  rs485: {type: serial-bus, port: /dev/ttyUSB0}
  store: {type: site-store}
nodes:
  rfid: {type: rfid-reader, spi: spi}
  authorise: {type: authorise, from: rfid, store: store}
  meter: {type: modbus-meter, bus: rs485, every: 10s}
  session: {type: charge-session, from: {token: authorise.accepted, meter: meter}, keep: durable}
  evse: {type: evse-switch, from: session.request, gpio: pins, safe: off, stale_after: 90s}
  ledger:
    type: ledger
    store: store
    from:
      session: [{ref: session.started, durable: true}, {ref: session.ended, durable: true}]
      reading: meter
"""


@pytest.fixture
def house(tmp_path):
    with House(FLOW, tmp_path, NOON) as made:
        yield made


def test_the_faults_of_a_house_are_told_with_their_times(house):
    house.world.break_reader(True)
    house.run_for(60)
    house.world.silence_meter(True)
    house.world.break_reader(False)
    house.run_for(60)

    assert house.faults() == [
        PastFault(
            *("rfid", "reader-silent", "RC522: no answer"),
            *(SETTLED, SETTLED + timedelta(seconds=60)),
        ),
        PastFault(
            *("meter", "meter-silent"),
            "unit 1: no answer reading input register 0x0000; check that the meter has power, that "
            "its wires A and B are tight, and that its address, speed and parity are those of the "
            "flow (from the factory: unit 1, 9600 8N1)",
            *(SETTLED + timedelta(seconds=70), None),
        ),
    ]


def test_a_dead_reader_reads_no_card_and_a_live_one_the_one_that_still_lies_there(house):
    house.world.break_reader(True)
    house.swipe("family")
    assert house.open_session() is None
    house.world.swipe("family", hold_s=20)
    house.world.break_reader(False)
    house.run_for(5)

    assert house.open_session().label == "family"


def test_a_session_outlives_the_mains(house):
    house.swipe("family")
    house.world.plug_in(charge_percent=10)
    house.run_for(600)
    began = house.open_session()
    house.set_power(False)
    house.set_power(False)
    assert house.world.meter(1) is None
    house.run_for(3600)
    house.set_power(True)
    house.run_for(60)

    assert house.open_session() == began
    assert house.level("evse", "state").on is True
    assert house.world.snapshot()["evse"]["signal"] == "charging"


def test_a_fault_ends_with_the_mains(house):
    house.world.silence_meter(True)
    house.run_for(60)
    house.set_power(False)
    (fault,) = house.faults()

    assert fault.until == SETTLED + timedelta(seconds=60)


def test_the_register_of_any_moment_is_known(house):
    house.swipe("family")
    house.world.plug_in(charge_percent=10)
    house.run_for(3600)
    reading = house.level("meter", "reading")

    assert house.register_at(NOON) == 1_234_567
    assert house.register_at(reading.time) == pytest.approx(reading.energy_import_wh, abs=0.6)


def test_a_flow_with_errors_makes_no_house(tmp_path):
    with pytest.raises(ConfigError, match=r"^flow.yaml:4:13: a: "):
        House("flow: x\nformat: 1\nnodes:\n  a: {type: nothing}\n", tmp_path, NOON)


def test_a_program_that_is_down_leaves_the_mains_on_and_goes_on_with_its_session(house):
    house.swipe("family")
    began = house.open_session()
    house.set_program(False)
    house.run_for(3600)
    assert house.world.meter(1) is not None
    house.set_power(False)
    house.set_program(True)
    house.set_power(True)
    house.run_for(30)
    assert house.level("session", "status").session_id == began.session_id


def test_a_full_disk_takes_nothing_and_what_happened_is_written_when_there_is_room(house):
    house.set_disk(False)
    house.swipe("family")
    house.run_for(600)
    assert house.open_session() is None
    assert house.level("session", "status").label == "family"
    house.set_disk(True)
    house.run_for(120)
    assert house.open_session().label == "family"
    assert ("handler-failed", "ledger.sqlite: the disk is full") in [
        (fault.code, fault.text) for fault in house.faults()
    ]


def test_a_power_cut_leaves_the_program_no_time_to_save_anything(house, tmp_path):
    """What a program saves that is told to stop is lost with one that is not."""

    def committed() -> dict[str, bytes]:
        files = tmp_path.glob("state.sqlite*")
        return {file.name: file.read_bytes() for file in files if file.suffix != ".sqlite-shm"}

    house.swipe("family")
    before = committed()
    house.set_power(False)
    assert committed() == before
    house.set_power(True)
    house.run_for(30)
    assert house.level("session", "status").label == "family"
    house.set_program(False)
    assert committed().keys() != before.keys()
