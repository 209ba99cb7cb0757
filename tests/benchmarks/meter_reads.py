"""Row 9: reading kWh meters on a simulated line, at its speed.

The driver is the real one, over minimalmodbus and pyserial; the meters answer on a pseudo terminal
that takes as long as the wire.  The peer reads the same values one by one, as the original did; the
limit is what characters, turnaround and the silence between frames take.  With the twenty values
that were asked for comes the import of each phase, which stands between them.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from statistics import median

from oppleo_flow.clock import SystemClock
from oppleo_flow.devices.meter_line import MeterLine
from oppleo_flow.devices.meter_profile import Selection
from oppleo_flow.devices.meters import Meter
from oppleo_flow.devices.modbus_blocks import Block
from oppleo_flow.devices.modbus_rtu import ModbusRtuBus
from oppleo_flow.devices.profile_files import meter_profile
from oppleo_flow.devices.world import Wiring
from oppleo_flow.simulator.world import SimulatedWorld
from tests.benchmarks.comparison import Budget, Figure

MODEL = "SDM630v2"
UNITS = (1, 2, 3)
TWENTY = Selection(
    meter_profile(MODEL),
    also=(
        *("total_power", "total_apparent_power", "total_reactive_power", "total_power_factor"),
        *("energy_export", "energy_total", "energy_total_phases"),
    ),
)
_SILENCE_CHARS = 3.5
_READS_FOR_CPU = 10


def twenty_values(repetitions: int) -> Iterator[Figure]:
    """Row 9."""
    with meters() as (bus, readers):
        one = readers[0]
        ours, peer = [], []
        for _ in range(repetitions):
            ours.append(_took_ms(one.read))
            peer.append(_took_ms(lambda: singly(bus, UNITS[0])))
        limit = (limit_ms(bus, one.plan),) * repetitions
        yield Figure(
            f"{values()} values of an SDM630 at 9600 8N1",
            "ms",
            tuple(ours),
            tuple(peer),
            limit,
            Budget(most=260),
        )
        shares = tuple(_processor_percent(one) for _ in range(repetitions))
        yield Figure("the processor's share meanwhile", "%", shares, budget=Budget(most=2))
        rounds = tuple(_took_ms(lambda: [r.read() for r in readers]) for _ in range(repetitions))
        yield Figure(
            "three of them on one bus, a round each second",
            "ms",
            rounds,
            limit=(limit_ms(bus, one.plan) * len(UNITS),) * repetitions,
            budget=Budget(most=1000),
        )


def values() -> int:
    """Return how many values a reading has."""
    return sum(len(value.at) for value in TWENTY.values.values())


@contextmanager
def meters() -> Iterator[tuple[ModbusRtuBus, Sequence[Meter]]]:
    """Give a bus with three meters, each of which has been read once."""
    world = SimulatedWorld(SystemClock(), wiring=Wiring(meters=dict.fromkeys(UNITS, MODEL)))
    with closing(MeterLine(world, turnaround_s=0.02)) as line:
        bus = ModbusRtuBus(line.path, baud=9600)
        readers = [Meter(bus, unit, TWENTY) for unit in UNITS]
        for reader in readers:
            reader.read()
        yield bus, readers
        bus.close()


def singly(bus: ModbusRtuBus, unit_id: int) -> None:
    """Read the same values one by one."""
    for value in TWENTY.values.values():
        for block in value.blocks:
            bus.read_registers(unit_id, "input", block)


def limit_ms(bus: ModbusRtuBus, plan: Sequence[Block]) -> float:
    """Return the time of characters, turnaround and silence, which nobody can beat."""
    timing = bus.timing
    pause_s = timing.turnaround_s + _SILENCE_CHARS * timing.char_s
    return 1000 * sum(timing.exchange_s(block.count) + pause_s for block in plan)


def _took_ms(call: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - began_s)


def _processor_percent(reader: Meter) -> float:
    """Return how much of one processor the driver takes while it reads without a pause."""
    shares = []
    for _ in range(_READS_FOR_CPU):
        began_s, used_s = time.perf_counter(), time.thread_time()
        reader.read()
        shares.append((time.thread_time() - used_s) / (time.perf_counter() - began_s))
    return 100 * median(shares)
