"""Everything that may go wrong with a meter or its line, on both twins.

The wire twin answers the real minimalmodbus on a pseudo terminal, the port twin our own calls.
Each trouble ends in the error that is named for it, or in what is right; never in a made-up value.
"""

import itertools
from collections.abc import Iterator
from contextlib import closing, contextmanager
from random import Random

import pytest

from oppleo_flow.devices.meter_faults import MeterExchanged, RegisterFell, named_fault
from oppleo_flow.devices.meter_line import MeterLine
from oppleo_flow.devices.meter_profile import Selection
from oppleo_flow.devices.meter_trouble import MeterTrouble
from oppleo_flow.devices.meter_twin import WorldSerialBus
from oppleo_flow.devices.meters import Meter
from oppleo_flow.devices.modbus_blocks import Block
from oppleo_flow.devices.modbus_frames import answer, question, read_question, refusal
from oppleo_flow.devices.modbus_rtu import ModbusRtuBus
from oppleo_flow.devices.profile_files import meter_profile
from oppleo_flow.devices.pty_line import PtyLine
from oppleo_flow.devices.register_watch import RegisterWatch
from oppleo_flow.devices.register_words import words_of
from oppleo_flow.devices.serial_bus import LineNoise, SerialBus
from oppleo_flow.devices.world import Wiring
from oppleo_flow.errors import DeviceError
from oppleo_flow.simulator.world import SimulatedWorld
from tests.oppleo_flow.devices.worlds import still_world

ENERGY_WH = 1_234_567
RIGHT = f"{ENERGY_WH} Wh"


@contextmanager
def wire(world: SimulatedWorld) -> Iterator[SerialBus]:
    """Give the real driver on the wire twin."""
    with closing(MeterLine(world, turnaround_s=0.001)) as line:
        line.late_s = 0.15
        with closing(ModbusRtuBus(line.path, baud=38400, answer_within_s=0.1)) as bus:
            yield bus


@contextmanager
def port(world: SimulatedWorld) -> Iterator[SerialBus]:
    """Give the port twin."""
    yield WorldSerialBus(world)


def outcome(meter: Meter) -> str:
    """Return the register that was read, or the name of what was wrong."""
    try:
        return f"{meter.read().energy_wh} Wh"
    except DeviceError as error:
        return named_fault(error).code


def known(bus: SerialBus, model: str = "SDM630v2") -> Meter:
    """Return a meter that has been read before."""
    meter = Meter(bus, 1, Selection(meter_profile(model)))
    assert outcome(meter) == RIGHT
    return meter


TROUBLES = [
    pytest.param("late", "meter-silent", id="1: answers come after they were given up"),
    pytest.param("echo", RIGHT, id="2: the adapter repeats what is sent"),
    pytest.param("noise", "line-garbled", id="3: checksums are wrong"),
    pytest.param("words-swapped", RIGHT, id="4a: words are swapped, and the meter says so"),
    pytest.param("megawatt-hours", RIGHT, id="4b: energy is counted in MWh"),
    pytest.param("not-a-number", "meter-wrong", id="5a: values are no numbers"),
    pytest.param("zeros", "meter-wrong", id="5b: values are zero"),
    pytest.param("all-ones", "meter-wrong", id="5c: every bit is set"),
    pytest.param("stingy", RIGHT, id="7a: the meter gives few registers at once"),
    pytest.param("refusing", "meter-refuses", id="7b: the meter refuses its registers"),
    pytest.param("second-master", "line-shared", id="8: another master asks"),
    pytest.param("unplugged", "bus-missing", id="9: the adapter is pulled out"),
    pytest.param("no-bias", "line-noise", id="10: A and B are exchanged"),
    pytest.param("tenfold", RIGHT, id="12: the frequency is ten times too large"),
    pytest.param("stuck-adapter", "meter-silent", id="13: the adapter has been up for too long"),
    pytest.param("unsigned", RIGHT, id="14: the current has no sign"),
    pytest.param("other-model", "meter-model", id="the meter is of another model"),
    pytest.param("shared-address", "line-shared", id="two meters have one address"),
    pytest.param("cut-wire", "meter-silent", id="a wire is cut"),
]


@pytest.mark.parametrize("twin", [wire, port])
@pytest.mark.parametrize(("trouble", "ends"), TROUBLES)
def test_a_trouble_from_the_start(twin, trouble, ends):
    world = still_world()
    world.trouble_meter(trouble)
    with twin(world) as bus:
        assert outcome(Meter(bus, 1, Selection(meter_profile("SDM630v2")))) == ends


@pytest.mark.parametrize("twin", [wire, port])
def test_words_that_are_swapped_without_a_word_make_no_reading(twin):
    world = still_world(wiring=Wiring(meters={1: "SDM120"}))  # which cannot tell
    with twin(world) as bus:
        meter = known(bus, "SDM120")
        world.trouble_meter("words-swapped")
        assert outcome(meter) == "meter-word-order"


@pytest.mark.parametrize("twin", [wire, port])
@pytest.mark.parametrize(
    "trouble",
    ["late", "noise", "second-master", "unplugged", "no-bias", "cut-wire", "not-a-number"],
)
def test_a_trouble_that_begins_later_makes_no_reading_either(twin, trouble):
    world = still_world()
    with twin(world) as bus:
        meter = known(bus)
        world.trouble_meter(trouble)
        assert not outcome(meter).endswith("Wh")


@pytest.mark.parametrize("twin", [wire, port])
@pytest.mark.parametrize("trouble", ["late", "noise", "no-bias", "cut-wire", "not-a-number"])
def test_after_a_trouble_the_meter_is_read_as_before(twin, trouble):
    world = still_world()
    with twin(world) as bus:
        meter = known(bus)
        world.trouble_meter(trouble)
        assert outcome(meter) != RIGHT
        world.trouble_meter(None)
        assert outcome(meter) == RIGHT


@pytest.mark.parametrize("twin", [wire, port])
@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        pytest.param("reset", RegisterFell, id="6a: the register begins anew"),
        pytest.param("exchanged", MeterExchanged, id="6b: the meter is exchanged"),
    ],
)
def test_another_register_or_meter_is_not_taken_for_what_was_there_before(twin, trouble, error):
    world = still_world()
    watch = RegisterWatch(1, most_power_w=36_000.0)
    with twin(world) as bus:
        meter = known(bus)
        before = meter.read()
        watch.check(before.serial, before.energy_wh, 0.0)
        world.silence_meter(True)  # nobody exchanges a meter that has power
        assert outcome(meter) == "meter-silent"
        world.silence_meter(False)
        world.trouble_meter(trouble)
        after = meter.read()
        with pytest.raises(error):
            watch.check(after.serial, after.energy_wh, 10.0)


def test_every_trouble_of_a_meter_is_tried():
    tried = {param.values[0] for param in TROUBLES}

    assert tried | {"reset", "exchanged"} == {*MeterTrouble}


# -- what only a wire has ---------------------------------------------------------------------


@pytest.fixture
def world():
    return still_world()


@pytest.fixture
def line(world):
    with closing(MeterLine(world, turnaround_s=0.001)) as line:
        yield line


@pytest.fixture
def bus(line):
    with closing(ModbusRtuBus(line.path, baud=38400, answer_within_s=0.1)) as bus:
        yield bus


def test_an_adapter_that_comes_back_under_another_name_is_opened_again(world, line, bus):
    meter = known(bus)
    world.trouble_meter("unplugged")
    assert outcome(meter) == "bus-missing"
    terminal = line.terminal
    world.trouble_meter(None)
    line.wait_until_plugged_in()

    assert outcome(meter) == RIGHT
    assert line.terminal != terminal


def test_an_adapter_that_is_stuck_works_after_the_port_was_opened_anew(world, line):
    # Nobody rests here: the clock of the bus goes on by an hour each time it is asked.
    hours = iter(range(0, 3_600_000, 3600))
    bus = ModbusRtuBus(
        line.path, baud=38400, answer_within_s=0.1, monotonic=lambda: float(next(hours))
    )
    with closing(bus):
        meter = known(bus)
        world.trouble_meter("stuck-adapter")
        outcomes = [outcome(meter) for _ in range(4)]
        line.wait_until_opened_anew()

        assert outcomes == ["meter-silent"] * 4
        assert outcome(meter) == RIGHT
        assert bus.tally(1).reopened == 1


class ScriptedLine(PtyLine):
    """A line on which what comes back to each question is what a test says."""

    def __init__(self, reply):
        self._reply = reply
        super().__init__()

    def take(self, frame):
        self.transmit(b"".join(frame if part is ECHO else part for part in self._reply))


ECHO = None
HERTZ = Block(70, 2)
FIFTY = words_of(50.0, "float32", "high-first")
TOLD = answer(1, "input", FIFTY)
NO = refusal(1, 4, 2)


def read_hertz(reply, *, echo=False):
    """Return what the driver makes of a reply, twice."""
    with closing(ScriptedLine(reply)) as line:
        bus = ModbusRtuBus(line.path, baud=38400, answer_within_s=0.05, echo=echo)
        found = []
        for _ in range(2):
            try:
                found.append(bus.read_registers(1, "input", HERTZ))
            except DeviceError as error:
                found.append(named_fault(error).code)
        bus.close()
    return found


@pytest.mark.parametrize("echo", [False, True], ids=["none expected", "echo expected"])
@pytest.mark.parametrize(
    ("reply", "found"),
    [
        pytest.param([TOLD], FIFTY, id="an answer"),
        pytest.param([ECHO, TOLD], FIFTY, id="an echo and an answer"),
        pytest.param([b"\x00", TOLD], FIFTY, id="a byte too many before an answer"),
        pytest.param([b"\xff", ECHO, b"\x00", TOLD], FIFTY, id="a byte before each"),
        pytest.param([TOLD, b"\x00"], FIFTY, id="a byte too many after an answer"),
        pytest.param([NO], "meter-refuses", id="a refusal"),
        pytest.param([ECHO, NO], "meter-refuses", id="an echo and a refusal"),
        pytest.param([ECHO], "meter-silent", id="an echo, and nobody answers"),
        pytest.param([TOLD[:-1], b"\x00"], "line-garbled", id="a broken answer"),
        pytest.param([ECHO, TOLD[:-1]], "line-garbled", id="an echo and a part of an answer"),
        pytest.param([answer(1, "holding", FIFTY)], "line-shared", id="an answer to another"),
        pytest.param([answer(7, "input", FIFTY)], "line-shared", id="an answer of another unit"),
        pytest.param([question(7, "input", HERTZ), TOLD], "line-shared", id="another's question"),
        pytest.param([bytes(30)], "line-noise", id="nothing but zeros"),
    ],
)
def test_what_is_heard_is_taken_for_what_it_is(reply, found, echo):
    assert read_hertz(reply, echo=echo) == [found, found]


class MoodyLine(PtyLine):
    """A line whose one device thinks as long as it likes; each register holds its own address."""

    def __init__(self, mood):
        self._mood = mood
        super().__init__()

    def take(self, frame):
        _, table, block = read_question(frame)
        numbers = range(block.start, block.end)
        self.transmit(answer(1, table, tuple(numbers)), after_s=self._mood())


@pytest.mark.parametrize("seed", range(4))
def test_an_answer_is_never_taken_for_that_of_another_question(seed):
    """Failure mode 1, as often as chance will have it."""
    dice = Random(seed)
    thinks_s = [0.0, 0.0, 0.0, 0.0, 0.01, 0.06, 0.09, 0.12, 0.2]
    looks, found = itertools.count(), []
    with closing(MoodyLine(lambda: dice.choice(thinks_s))) as line:
        bus = ModbusRtuBus(
            line.path,
            baud=115200,
            answer_within_s=0.04,
            monotonic=lambda: len(found) + next(looks) / 1000,  # a second from read to read
        )
        for _ in range(20):
            asked = Block(dice.randrange(0, 200, 2), dice.choice([2, 2, 2, 4, 18]))
            try:
                registers = bus.read_registers(1, "input", asked)
            except DeviceError:
                found.append(None)
            else:
                found.append(registers == tuple(range(asked.start, asked.end)))
        bus.close()

    assert False not in found
    assert True in found


def test_two_answers_to_one_question_are_of_two_devices():
    assert read_hertz([TOLD, TOLD])[-1] == "line-shared"
    assert read_hertz([b"\x00", TOLD, TOLD])[-1] == "line-shared"


def test_an_echo_is_found_out_once(world, line, bus, caplog):
    caplog.set_level("INFO")
    world.trouble_meter("echo")
    meter = known(bus)
    assert outcome(meter) == RIGHT

    assert bus.tally(1).lost_share == 0.0
    assert caplog.messages == [f"{line.path}: the adapter repeats what is sent"]


def test_an_adapter_that_begins_to_repeat_is_another_one(world, line, bus):
    meter = known(bus)
    world.trouble_meter("unplugged")
    assert outcome(meter) == "bus-missing"
    world.trouble_meter("echo")
    line.wait_until_plugged_in()

    assert outcome(meter) == RIGHT


def test_what_another_master_asked_between_two_reads_is_heard(world, line, bus):
    meter = known(bus)
    line.overhear(question(11, "input", Block(0, 2)))

    assert outcome(meter) == "line-shared"


def test_noise_between_two_reads_does_no_harm_while_the_meter_answers(line, bus):
    meter = known(bus)
    line.overhear(bytes(40))

    assert outcome(meter) == RIGHT


def test_a_line_that_is_never_silent_says_so_when_nobody_answers(world, bus):
    world.trouble_meter("no-bias")

    with pytest.raises(LineNoise) as noise:
        Meter(bus, 1, Selection(meter_profile("SDM630v2"))).read()
    assert str(noise.value) == (
        "unit 1: no answer on a line that is never silent reading input register 0x0000"
    )


# -- several meters on one bus ----------------------------------------------------------------


THREE = {1: "SDM630v2", 2: "SDM630v2", 3: "SDM120"}


def test_a_dead_meter_costs_its_neighbours_little():
    """A dead slave does not stall the bus (failure mode 11)."""
    world = still_world(wiring=Wiring(meters={1: THREE[1], 3: THREE[3]}))
    now_s = 0.0
    with closing(MeterLine(world, turnaround_s=0.001)) as line:
        bus = ModbusRtuBus(line.path, baud=38400, answer_within_s=0.05, monotonic=lambda: now_s)
        meters = [Meter(bus, unit, Selection(meter_profile(THREE[unit]))) for unit in THREE]
        for _ in range(5):
            outcomes = [outcome(meter) for meter in meters]
            now_s += 10.0

            assert outcomes == [RIGHT, "meter-silent", RIGHT]
        bus.close()

    # It is asked three times at first and then once, whatever there is to read of it.
    assert line.heard_of(2) == 3 + 4
    assert bus.tally(3).silent == 0


def test_a_meter_that_stays_dead_is_left_alone_nine_times_as_long_as_it_takes():
    world = still_world(wiring=Wiring(meters={}))
    with closing(MeterLine(world, turnaround_s=0.001)) as line:
        ticks = itertools.count(0.0, 0.01)  # so long each look at the clock takes
        bus = ModbusRtuBus(
            line.path, baud=38400, answer_within_s=0.05, monotonic=lambda: next(ticks)
        )
        meter = Meter(bus, 2, Selection(meter_profile("SDM630v2")))
        outcomes = [outcome(meter) for _ in range(10)]
        bus.close()

    assert outcomes == ["meter-silent"] * 10
    assert (line.heard_of(2), bus.tally(2).rested) == (3 + 1, 8)
