"""A USB card reader that types a card's number as a keyboard would, and Enter after it.

```yaml
connections:
  keys:
    type: card-keyboard
    path: /dev/input/by-id/usb-Sycreader_USB_Reader_08FF20140315-event-kbd
    form: decimal
```

`ls /dev/input/by-id/` shows the names; take the one that ends with `-event-kbd`. The user needs to
be in the group `input`. Nobody else gets its keys while the flow runs: nothing is typed into the
console.

Hold a card to it over an empty text to see what it types, and say so here: `form`, and
`byte_order: little` if the bytes of the UID come the other way round. A decimal number has leading
zeros with most readers, as `0077738691`; only where it has none say `padded: false`, and then a
number that lost a digit is not always noticed. Many readers type four bytes of a longer UID: enrol
such a card at this reader. Simulated, it types for the cards of the simulated world.
"""

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from oppleo_flow import Claim, Connection, NodeConfig
from oppleo_flow.devices.card_keyboard import (
    CardForm,
    CardKeyboard,
    Keys,
    UidBytes,
    name_of_keyboard,
    open_keyboard,
)
from oppleo_flow.devices.card_keyboard_twin import SimulatedKeys
from oppleo_flow.devices.world import world_of


def _lengths(value: object) -> object:
    """Return one length as a list of one; a flow has them as text."""
    several = value if isinstance(value, list | tuple) else (value,)
    return tuple(int(n) if isinstance(n, str) and n.isdecimal() else n for n in several)


class CardKeyboardConfig(NodeConfig):
    """Settings of a `card-keyboard` connection."""

    path: str = Field(min_length=1, description="Input device, by a name that stays the same.")
    form: Literal["decimal", "hex"] = Field("decimal", description="What it types.")
    byte_order: Literal["big", "little"] = Field(
        "big", description="Order of the UID's bytes; little: the last one comes first."
    )
    uid_bytes: Annotated[
        tuple[UidBytes, ...],
        BeforeValidator(_lengths, json_schema_input_type=UidBytes | tuple[UidBytes, ...]),
    ] = Field((4,), min_length=1, description="How long UIDs are: 4, 7 or 10 bytes, or a list.")
    padded: bool = Field(True, description="Whether decimal numbers have leading zeros.")

    @model_validator(mode="after")
    def _lengths_differ(self) -> Self:
        if not self.padded and self.form == "decimal" and len(self.uid_bytes) > 1:
            raise ValueError("without leading zeros uid_bytes can be one length only")
        return self


class CardKeyboardConnection(Connection[CardKeyboardConfig], CardKeyboard):
    """A USB card reader that types."""

    type_name = "card-keyboard"
    icon = "keyboard"

    def open(self) -> None:
        """Take note of the form; the device is opened by the node that reads it."""
        config = self.config
        self.form = CardForm(config.form, config.byte_order, config.uid_bytes, config.padded)

    def close(self) -> None:
        """Do nothing: the node lets go of its keys."""

    def open_keys(self) -> Keys:
        """Return its events, which nobody else gets from now on."""
        if self.simulated:
            return SimulatedKeys(world_of(self.site), self.config.path, self.form)
        return open_keyboard(self.config.path)

    def describe(self) -> str:
        """Return what it calls itself."""
        if self.simulated:
            self.open_keys().close()
            return "simulated USB card reader"
        return name_of_keyboard(self.config.path)

    @classmethod
    def claims(cls, config: CardKeyboardConfig) -> Iterable[Claim]:
        """Return the device."""
        return [Claim(f"input device {config.path}")]
