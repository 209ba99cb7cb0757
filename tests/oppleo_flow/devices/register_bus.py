"""A bus with one meter whose registers a test fills in."""

from oppleo_flow.devices.meter_profile import Selection
from oppleo_flow.devices.meters import Meter
from oppleo_flow.devices.modbus_blocks import LineTiming
from oppleo_flow.devices.profile_files import meter_profile
from oppleo_flow.devices.register_words import words_of
from oppleo_flow.devices.serial_bus import RegisterRefused, SerialBus, Tally
from oppleo_flow.errors import DeviceTimeout

SDM630 = {
    **{0x00: 229.5, 0x02: 230.5, 0x04: 231.5},
    **{0x06: 16.0, 0x08: 15.5, 0x0A: 15.25},
    **{0x0C: 3672.0, 0x0E: 3572.75, 0x10: 3530.4},
    **{0x2A: 230.5, 0x34: 10_775.0, 0x46: 49.98, 0x48: 8123.456, 0x156: 8200.5},
}
SDM120 = {0x00: 229.5, 0x06: 16.0, 0x0C: 3672.0, 0x1E: 0.98, 0x46: 49.98, 0x48: 8123.456}


class Registers(SerialBus):
    """A bus with one device, whose registers a test fills in; others it refuses.

    `most` is how many it gives at once; with `gapless` it refuses what it does not have, with
    `silent_settings` it says nothing of them, with `reversed` it sends words the other way round.
    """

    timing = LineTiming(9600)

    def __init__(self, values=(), *, most=80, prefix=None, serial=None, **odd):
        self.values = dict(values)
        self.most = most
        self.holding = {}
        self.odd = odd
        if prefix is not None:
            self.holding[0x1E, 2] = words_of(prefix, "float32", "high-first")
        for word, number in (serial or {}).items():
            count = 2 if word == 0xFC00 else 1
            self.holding[word, count] = words_of(number, f"uint{16 * count}", "high-first")
        self.asked = []

    def read_registers(self, unit_id, table, block):
        self.asked.append(block)
        if table == "holding":
            if (block.start, block.count) not in self.holding:
                if "silent_settings" in self.odd:
                    raise DeviceTimeout("no answer")
                raise RegisterRefused("refused")
            return self.holding[block.start, block.count]
        addresses = range(block.start, block.end, 2)
        if block.count > self.most or (
            "gapless" in self.odd and not self.values.keys() >= {*addresses}
        ):
            raise RegisterRefused("refused")
        order = "low-first" if "reversed" in self.odd else "high-first"
        return tuple(
            word for a in addresses for word in words_of(self.values.get(a, 0.0), "float32", order)
        )

    def tally(self, unit_id):
        return Tally()

    def close(self):
        pass


def meter(bus, model="SDM630v2", **selected):
    return Meter(bus, 1, Selection(meter_profile(model), **selected))


def read(values, model="SDM630v2", **odd):
    return meter(Registers(values, **odd), model).read()
