"""Read cards with an RC522 reader.

```yaml
rfid:
  type: rfid-reader
  spi: spi                # a connection of type spi-bus
  debounce: 1s
```

Each card that comes into the field is told once, however long it is held there: it counts as gone
when it was not seen three times in a row and for `debounce`. The whole UID is read, of 4, 7 or 10
bytes, and the number by which Oppleo knows the card comes with it.

A reader that does not answer is a fault, which ends by itself when it answers again.
"""

from collections.abc import Iterable

from pydantic import Field

from oppleo_flow import Claim, DeviceError, Example, Node, NodeConfig, Out, Ref, Seconds
from oppleo_flow.charging.tokens import legacy_id
from oppleo_flow.devices.rfid import Presence
from oppleo_flow.devices.spi_bus import SpiBus
from oppleo_flow.node import StopReason
from oppleo_flow.payloads import CardSeen

_MISSES = 3
_SILENT = "reader-silent"


class RfidReaderConfig(NodeConfig):
    """Settings of an `rfid-reader` node."""

    spi: Ref[SpiBus] = Field(description="SPI bus that the reader is on.")
    every: Seconds = Field(
        "100ms",
        validate_default=True,
        ge=0.1,
        le=5,
        description="How often to look for a card.",
    )
    debounce: Seconds = Field(
        "1s",
        validate_default=True,
        le=60,
        description="How long a card must be away to count as a new one.",
    )


class RfidReader(Node[RfidReaderConfig]):
    """Read cards with an RC522 reader.

    Input:
        None.

    Output:
        `card`: a `CardSeen` for each card that comes into the field.

    Raises:
        DeviceMissing: At the start: the bus or its library is not there.
        DeviceError: At the start: the reader does not answer.  Later that is the fault
            `reader-silent`, until it answers again.

    Source:
        NXP, MFRC522 data sheet; ISO/IEC 14443-3 type A for the UID.
    """

    type_name = "rfid-reader"
    icon = "card"
    blocking = True
    card: Out[CardSeen]
    examples = [
        Example(
            config={"spi": "spi"},
            expect={"card": []},
            advance=60.0,
            doc="Nobody holds a card to the reader.",
        )
    ]

    def start(self) -> None:
        """Reset the reader and begin to look for cards."""
        self._reader = self.use(self.config.spi).card_reader()
        announces = self._reader.announce(lambda: self.after(0, self._poll))
        misses = 1 if announces else _MISSES
        self._presence = Presence(misses=misses, debounce_s=self.config.debounce)
        self._silent = False
        if not announces:
            self.every(self.config.every, self._poll)
        self.status("ok", "waiting for a card")

    def stop(self, reason: StopReason) -> None:
        """Let go of the reader."""
        if reason == "stop":
            self._reader.close()

    def probe(self) -> str:
        """Reset the reader, and ask it what it is."""
        reader = self.use(self.config.spi).card_reader()
        try:
            return reader.describe()
        finally:
            reader.close()

    @classmethod
    def claims(cls, config: RfidReaderConfig) -> Iterable[Claim]:
        """Return the reader: it tells a card once, to one node."""
        return [Claim("card reader", within=config.spi)]

    def _poll(self) -> None:
        try:
            uid = self._reader.poll()
        except DeviceError as error:
            self._silent = True
            self.fault(_SILENT, str(error))
            return
        if self._silent:
            self._silent = False
            self.clear(_SILENT)
        new = self._presence.new_card(uid, self.clock.monotonic())
        if new is not None:
            self.card.send(CardSeen(uid=new.hex().upper(), legacy_id=legacy_id(new)))
