"""An SPI bus with a card reader on it: what nodes may ask of it, and the real one.

The `mfrc522` library opens the bus itself.  It is always told bus, device, speed and reset pin:
left alone it takes GPIO 15 for its reset, the serial port's input, when pins have BCM numbers.
"""

import importlib
from abc import ABC, abstractmethod
from typing import Any, Protocol

from oppleo_flow.devices.frames import Frames
from oppleo_flow.devices.gpio import load_rpi_gpio
from oppleo_flow.devices.libraries import installing
from oppleo_flow.devices.rc522 import USUAL_GAIN_DB, Rc522
from oppleo_flow.devices.rfid import CardReader
from oppleo_flow.errors import DeviceError, DeviceMissing

_BCM = 11
SPI_PINS = {0: (9, 10, 11), 1: (19, 20, 21)}
"""The BCM numbers of MISO, MOSI and clock of each bus."""
SPI_WIRES = ("MISO", "MOSI", "SCK")
"""What a module with an RC522 calls these."""
CHIP_SELECT_PINS = {(0, 0): 8, (0, 1): 7, (1, 0): 18, (1, 1): 17, (1, 2): 16}


class SpiBus(ABC):
    """One device on an SPI bus: a bus and a chip select."""

    @abstractmethod
    def card_reader(self) -> CardReader:
        """Return the card reader on this bus, reset and set up.

        Raises:
            DeviceMissing: The bus or its library is not there.
            DeviceError: The chip does not answer.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of the bus."""


class LinuxSpiBus(SpiBus):
    """A bus of this machine, through the mfrc522 library over spidev."""

    def __init__(
        self,
        bus: int,
        device: int,
        *,
        speed_hz: int,
        reset_pin: int,
        gain_db: int = USUAL_GAIN_DB,
        frames: Frames | None = None,
    ) -> None:
        self._frames = frames
        self._gain_db = gain_db
        self._where = f"SPI {bus}.{device}"
        self._settings = {"bus": bus, "device": device, "spd": speed_hz, "pin_rst": reset_pin}

    def card_reader(self) -> CardReader:
        """Return the RC522 on this bus."""
        try:
            library = importlib.import_module("mfrc522")
        except ModuleNotFoundError as error:
            raise DeviceMissing(
                f"{self._where}: the {error.name} library is missing; "
                f"{installing([str(error.name)])}, or ask for simulated hardware"
            ) from None
        except (ImportError, RuntimeError, OSError) as error:
            raise DeviceMissing(f"{self._where}: {error}; is this a Raspberry Pi?") from error
        return open_rc522(
            library.MFRC522,
            self._settings,
            self._where,
            self._frames,
            header=load_rpi_gpio(),
            gain_db=self._gain_db,
        )

    def close(self) -> None:
        """Do nothing: the reader holds the bus."""


class Header(Protocol):
    """What a reset needs of the RPi.GPIO interface; the library has set the pin up."""

    def output(self, channel: int, state: bool) -> None:
        """Set an output."""


def open_rc522(
    library_class: Any,
    settings: dict[str, int],
    where: str,
    frames: Frames | None = None,
    *,
    header: Header | None = None,
    gain_db: int = USUAL_GAIN_DB,
) -> Rc522:
    """Return a reader made with the mfrc522 library's class; `header` has its reset pin.

    Raises:
        DeviceMissing: The bus is not there.
        DeviceError: The chip does not answer.
    """
    try:
        library = library_class(pin_mode=_BCM, **settings)
    except FileNotFoundError as error:
        raise DeviceMissing(f"{where}: no such bus; enable SPI with `dtparam=spi=on`") from error
    except (OSError, RuntimeError, ValueError) as error:
        raise DeviceError(f"{where}: {error}") from error
    library.logger.handlers.clear()  # every instance adds one that prints

    def reset() -> None:
        if header is not None:
            header.output(settings["pin_rst"], False)
            header.output(settings["pin_rst"], True)

    try:
        return Rc522(
            library,
            library.spi.close,
            reset=reset,
            frames=frames,
            where=where,
            gain_db=gain_db,
        )
    except DeviceError:
        library.spi.close()
        raise
