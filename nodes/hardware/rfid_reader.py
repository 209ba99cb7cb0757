"""Read cards with an RC522 reader.

```yaml
rfid:
  type: rfid-reader
  spi: spi                # a connection of type spi-bus
  debounce: 1s
```

Each card that comes into the field is told once, however long it is held there: it counts as gone
when it was not seen three times in a row and for `debounce`. One that lies there when the flow
starts is no swipe. The whole UID is read, of 4, 7 or 10 bytes, each part with its check byte, and
confirmed by the card itself; the number by which Oppleo knows the card comes with it.

What is wrong is a fault, which ends by itself when it is over. There is never a card that nobody
held there.

| fault | what to check |
|---|---|
| `reader-silent` | SPI enabled (`dtparam=spi=on`), the reader's wires and its 3.3 V |
| `reader-nonsense` | SCK, MOSI, MISO and SDA: loose, too long, exchanged; `speed_hz` of the bus |
| `reader-unknown-chip` | another device on this chip select, or a module that is no RC522 |
| `reader-self-test` | the supply; else the module is worn |
| `card-unreadable` | hold the card flat and still; metal behind the reader |
| `two-cards` | hold one card alone, out of the wallet |

Once a minute the reader is asked whether it is still the chip it was and has its settings. When no
card lies there it runs its own test, too, and is reset: some chips go deaf after hours. Whenever it
fails it is reset with its pin `RST` and set up again.
"""

from collections.abc import Iterable

from pydantic import Field

from oppleo_flow import Claim, DeviceError, Example, Node, NodeConfig, Out, Ref, Seconds
from oppleo_flow.charging.tokens import legacy_id
from oppleo_flow.devices.rfid import FieldFault, Presence, ReaderFault
from oppleo_flow.devices.spi_bus import SpiBus
from oppleo_flow.node import StopReason
from oppleo_flow.payloads import CardSeen

_MISSES = 3
_UNREADABLE_POLLS = 3  # a card that comes or goes may be read badly once or twice
_TEST_EVERY_S = 60.0
_SILENT = "reader-silent"


class RfidReaderConfig(NodeConfig):
    """Settings of an `rfid-reader` node."""

    spi: Ref[SpiBus] = Field(description="SPI bus that the reader is on.")
    every: Seconds = Field(
        "75ms",
        validate_default=True,
        ge=0.05,
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
        DeviceError: At the start: the reader does not answer.  Later that is a fault, until it
            answers again.

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
        self._patience = 1 if announces else _UNREADABLE_POLLS
        self._unread = 0
        self._wrong: str | None = None
        self._failed_test: DeviceError | None = None
        self._look()  # whatever lies there already is no swipe
        if not announces:
            self.every(self.config.every, self._poll)
            self.every(_TEST_EVERY_S, self._test)
        if self._wrong is None:
            self.status("ok", "waiting for a card")

    def stop(self, reason: StopReason) -> None:
        """Let go of the reader."""
        if reason != "fault":  # then there may be none
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
        new = self._look()
        if new is not None:
            self.card.send(CardSeen(uid=new.hex().upper(), legacy_id=legacy_id(new)))

    def _look(self) -> bytes | None:
        """Return the UID of a card that has just come."""
        try:
            uid = self._reader.poll()
        except FieldFault as error:
            self._presence.unreadable(self.clock.monotonic())
            self._unread += 1
            if self._unread >= self._patience:
                self._note(error)
            return None
        except DeviceError as error:
            self._note(error)
            return None
        self._unread = 0
        self._note(None)
        return self._presence.new_card(uid, self.clock.monotonic())

    def _test(self) -> None:
        """Have the reader test itself; what it finds holds until the next time."""
        try:
            self._reader.test_itself()
        except DeviceError as error:
            self._failed_test = error
        else:
            self._failed_test = None
        self._note(None)

    def _note(self, error: DeviceError | None) -> None:
        """Raise the fault that there is now, and clear one that there was."""
        error = error or self._failed_test
        code = None
        if error is not None:
            code = error.code if isinstance(error, ReaderFault) else _SILENT
        if self._wrong is not None and code != self._wrong:
            self.clear(self._wrong)
        if code is not None and code != self._wrong:
            self.fault(code, str(error))
        self._wrong = code
