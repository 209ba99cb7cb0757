"""Read cards with a USB reader that types their numbers.

```yaml
desk:
  type: usb-card-reader
  keyboard: keys          # a connection of type card-keyboard
```

It can stand beside an `rfid-reader`: `from: [rfid, desk]` at `authorise` takes the cards of both.

Each card is told once: the same number again within `debounce` is a card that is still held there,
for some readers type it over and over. A key that is held down, and whatever else a keyboard sends,
is nothing.

What is wrong is a fault, which ends by itself. Half a number, one of another length or in which a
key was lost is never a card.

| fault | what to check |
|---|---|
| `reader-missing` | the plug; the path; the group `input`; another program that has it |
| `number-unreadable` | `form`, `uid_bytes` and `padded` of the connection; hold the card again |
"""

from collections.abc import Iterable

from pydantic import Field

from oppleo_flow import Claim, DeviceError, Example, Node, NodeConfig, Out, Ref, Seconds, Timer
from oppleo_flow.charging.tokens import legacy_id
from oppleo_flow.devices.card_keyboard import CardKeyboard, Keys, Typing, unreadable
from oppleo_flow.devices.rfid import Presence, ReaderFault
from oppleo_flow.node import StopReason
from oppleo_flow.payloads import CardSeen

_MISSING = "reader-missing"
_UNREADABLE = "number-unreadable"
_TRY_AGAIN_S = 1.0
_UNREADABLE_FOR_S = 60.0


class UsbCardReaderConfig(NodeConfig):
    """Settings of a `usb-card-reader` node."""

    keyboard: Ref[CardKeyboard] = Field(description="The reader, as a connection.")
    every: Seconds = Field(
        "50ms",
        validate_default=True,
        ge=0.02,
        le=1,
        description="How often to look whether something was typed.",
    )
    debounce: Seconds = Field(
        "2s",
        validate_default=True,
        le=60,
        description="How long a card must not be typed to count as a new one.",
    )
    within: Seconds = Field(
        "1s",
        validate_default=True,
        ge=0.1,
        le=10,
        description="How long after its last key a number still waits for Enter.",
    )


class UsbCardReader(Node[UsbCardReaderConfig]):
    """Read cards with a USB reader that types their numbers.

    Input:
        None.

    Output:
        `card`: a `CardSeen` for each card that is held to the reader.

    Raises:
        DeviceMissing: At the start: the reader is not plugged in, or may not be read.  Later that
            is the fault `reader-missing`, until it is back.

    Source:
        Linux, `linux/input.h`.
    """

    type_name = "usb-card-reader"
    icon = "card"
    blocking = True
    card: Out[CardSeen]
    _keys: Keys | None = None
    examples = [
        Example(
            config={"keyboard": "keys"},
            expect={"card": []},
            advance=60.0,
            doc="Nobody holds a card to the reader.",
        )
    ]

    def start(self) -> None:
        """Take the reader, and begin to look for cards."""
        self._keyboard = self.use(self.config.keyboard)
        self._typing = Typing(self.config.within)
        self._presence = Presence(misses=0, debounce_s=self.config.debounce)
        self._doubt: Timer | None = None
        self._open()
        if not self._announces:
            self.every(self.config.every, self._poll)
        self.status("ok", "waiting for a card")

    def stop(self, reason: StopReason) -> None:
        """Let go of the reader."""
        if self._keys is not None:
            self._keys.close()
            self._keys = None

    def probe(self) -> str:
        """Ask the reader what it calls itself."""
        return self.use(self.config.keyboard).describe()

    @classmethod
    def claims(cls, config: UsbCardReaderConfig) -> Iterable[Claim]:
        """Return the reader: it tells a card once, to one node."""
        return [Claim("card reader", within=config.keyboard)]

    def _open(self) -> None:
        self._keys = self._keyboard.open_keys()
        self._announces = self._keys.announce(self._poll_soon)

    def _poll_soon(self) -> None:
        self.after(0, self._poll)

    def _open_again(self) -> None:
        """Take the reader as soon as it is plugged in again."""
        try:
            self._open()
        except DeviceError as error:
            self.fault(_MISSING, str(error))
            self.after(_TRY_AGAIN_S, self._open_again)
        else:
            self.clear(_MISSING)

    def _poll(self) -> None:
        if self._keys is None:
            return
        try:
            events = self._keys.read()
        except DeviceError as error:
            self._lose(self._keys, error)
            return
        for found in self._typing.take(events, self.clock.monotonic()):
            self._take(found)
        if self._announces and self._typing.pending:
            self.after(self.config.within + 0.1, self._poll)

    def _lose(self, keys: Keys, error: DeviceError) -> None:
        self._keys = None
        keys.close()
        self._typing.forget()
        self.fault(_MISSING, str(error))
        self.after(_TRY_AGAIN_S, self._open_again)

    def _take(self, found: str | ReaderFault) -> None:
        """Tell the card that was typed, or that it was none."""
        if isinstance(found, ReaderFault):
            self._doubt_number(found)
            return
        try:
            uid = self._keyboard.form.uid(found)
        except ValueError as error:
            self._doubt_number(unreadable(str(error)))
            return
        self._trust_number()
        if self._presence.new_card(uid, self.clock.monotonic()) is not None:
            self.card.send(CardSeen(uid=uid.hex().upper(), legacy_id=legacy_id(uid)))

    def _doubt_number(self, fault: ReaderFault) -> None:
        self._trust_number()
        self.fault(_UNREADABLE, str(fault))
        self._doubt = self.after(_UNREADABLE_FOR_S, self._trust_number)

    def _trust_number(self) -> None:
        if self._doubt is not None:
            self._doubt.cancel()
            self._doubt = None
            self.clear(_UNREADABLE)
