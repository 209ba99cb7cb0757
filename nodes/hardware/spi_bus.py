"""One device on an SPI bus of the Raspberry Pi: an RC522 card reader.

```yaml
connections:
  spi: {type: spi-bus}
```

The usual wiring: SDA to GPIO 8, SCK to 11, MOSI to 10, MISO to 9, RST to GPIO 25. SPI must be
enabled with `dtparam=spi=on` in the Pi's configuration. It needs the libraries spidev and
mfrc522. Simulated, it is the reader of the simulated world.

Behind a lid that is too thick `gain_db: 48` reads from farther away than the usual 33.

A second reader has a connection of its own. It may share SCK, MOSI and MISO with the first; its SDA
goes to another chip select, and its RST to another pin:

```yaml
connections:
  left_reader: {type: spi-bus, device: 0, reset_pin: 25}    # SDA to GPIO 8
  right_reader: {type: spi-bus, device: 1, reset_pin: 24}   # SDA to GPIO 7
```
"""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from oppleo_flow import Claim, Connection, DeviceMissing, NodeConfig, VirtualClock
from oppleo_flow.devices.frames import frames_of
from oppleo_flow.devices.rc522 import USUAL_GAIN_DB
from oppleo_flow.devices.rc522_twin import SimulatedSpiBus, WorldSpiBus
from oppleo_flow.devices.rfid import CardReader
from oppleo_flow.devices.spi_bus import CHIP_SELECT_PINS, SPI_PINS, SPI_WIRES, LinuxSpiBus, SpiBus
from oppleo_flow.devices.world import eventful, world_of


class SpiBusConfig(NodeConfig):
    """Settings of an `spi-bus` connection."""

    bus: int = Field(0, ge=0, le=1, description="Number of the bus.")
    device: int = Field(0, ge=0, le=2, description="Number of the chip select.")
    speed_hz: int = Field(1_000_000, ge=100_000, le=10_000_000, description="Clock of the bus.")
    reset_pin: int = Field(25, ge=0, le=27, description="BCM number of the pin at RST.")
    gain_db: Literal[18, 23, 33, 38, 43, 48] = Field(
        USUAL_GAIN_DB, description="Gain of the reader's receiver; 48 reads from farther away."
    )


class SpiBusConnection(Connection[SpiBusConfig], SpiBus):
    """One device on an SPI bus."""

    type_name = "spi-bus"
    icon = "chip"
    _bus: SpiBus | None = None

    def open(self) -> None:
        """Choose the bus; it is opened with the device on it."""
        config, frames = self.config, frames_of(self.site)
        if not self.simulated:
            self._bus = LinuxSpiBus(
                config.bus,
                config.device,
                speed_hz=config.speed_hz,
                reset_pin=config.reset_pin,
                gain_db=config.gain_db,
                frames=frames,
            )
            return
        world = world_of(self.site)
        reader = f"{config.bus}.{config.device}"
        if isinstance(self.clock, VirtualClock):
            self._bus = WorldSpiBus(eventful(world), reader)
        else:
            self._bus = SimulatedSpiBus(
                world, reader, frames, reset_pin=config.reset_pin, gain_db=config.gain_db
            )

    def close(self) -> None:
        """Let go of the bus."""
        if self._bus is not None:
            self._bus.close()

    def card_reader(self) -> CardReader:
        """Return the card reader on this bus."""
        if self._bus is None:
            raise DeviceMissing(f"connection {self.name!r}: is not open")
        return self._bus.card_reader()

    @classmethod
    def claims(cls, config: SpiBusConfig) -> Iterable[Claim]:
        """Return the pins of the bus, the chip select and the reset."""
        select = CHIP_SELECT_PINS.get((config.bus, config.device))
        bus = f"SPI {config.bus}"
        shared = zip(SPI_PINS[config.bus], SPI_WIRES, strict=True)
        claims = [Claim.of_pin(pin, wire, part_of=bus) for pin, wire in shared]
        claims.append(Claim.of_pin(config.reset_pin, "RST"))
        device = f"{bus}.{config.device}"
        claims.append(Claim(device) if select is None else Claim.of_pin(select, "SDA"))
        return claims
