"""The meters on a pseudo terminal, when the world behind them comes and goes."""

import os
import select
import struct
import threading
from contextlib import closing

from oppleo_flow.clock import SystemClock
from oppleo_flow.devices.meter_line import MeterLine
from oppleo_flow.devices.modbus_blocks import Block
from oppleo_flow.devices.modbus_frames import question
from oppleo_flow.devices.world import MeterFace
from oppleo_flow.devices.world_client import WorldClient
from oppleo_flow.simulator.server import WorldServer
from oppleo_flow.simulator.world import SimulatedWorld
from tests.oppleo_flow.devices.worlds import DEADLINE_S

QUESTION = question(1, "input", Block(0, 2))
ANSWER_BYTES = 9


class AskedWorld(WorldClient):
    """A world that says when it was asked for its meter."""

    def __init__(self, path):
        super().__init__(path)
        self.asked = threading.Event()

    def meter(self, unit_id: int) -> MeterFace | None:
        try:
            return super().meter(unit_id)
        finally:
            self.asked.set()


def test_a_meter_without_a_world_is_silent_and_answers_when_the_world_is_back(tmp_path):
    path = tmp_path / "world.sock"
    with closing(AskedWorld(path)) as world, closing(MeterLine(world)) as line:
        port = os.open(line.path, os.O_RDWR | os.O_NOCTTY)
        os.write(port, QUESTION)
        assert world.asked.wait(DEADLINE_S)

        server = WorldServer(SimulatedWorld(SystemClock()), path)
        server.open()
        serving = threading.Thread(target=server.run)
        serving.start()
        os.write(port, QUESTION)
        answered, _, _ = select.select([port], [], [], DEADLINE_S)
        answer = os.read(port, 256) if answered else b""

        server.stop()
        serving.join(DEADLINE_S)
        server.close()
        os.close(port)
    assert len(answer) == ANSWER_BYTES
    assert struct.unpack(">f", answer[3:7]) == (230.0,)
