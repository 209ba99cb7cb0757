"""The twin of a USB card reader: it types real input events for the cards of a simulated world."""

import socket
from collections.abc import Callable, Iterable
from typing import Final

from oppleo_flow.devices.card_keyboard import (
    CHARACTERS,
    ENTER,
    EVENT,
    KEY,
    PRESSED,
    RELEASED,
    REPORT,
    SYNC,
    CardForm,
    Keys,
)
from oppleo_flow.devices.reader_trouble import ReaderTrouble
from oppleo_flow.devices.world import EventfulWorld, World
from oppleo_flow.errors import DeviceMissing

_KEY_OF: Final = {character: code for code, character in reversed([*CHARACTERS.items()])}
_COMMA: Final = 51
_UNPLUGGED = (ReaderTrouble.DEAD, ReaderTrouble.LOOSE_WIRE)
_GARBLED = (ReaderTrouble.NOISE, ReaderTrouble.OTHER_CHIP)


class SimulatedKeys(Keys):
    """The keys of a reader in a world; it types when a card comes, once for each.

    A world in this process says when that is; one behind a socket is looked at by each read.
    """

    def __init__(self, world: World, reader: str, form: CardForm) -> None:
        self._world = world
        self._reader = reader
        self._form = form
        self._stop_watching: Callable[[], None] | None = None
        self._typed_for: bytes | None = None
        if world.reader(reader).trouble in _UNPLUGGED:
            raise DeviceMissing(f"{reader}: no such input device; is the reader plugged in?")
        self._hand, listening = socket.socketpair()
        super().__init__(listening.detach(), reader)

    def read(self) -> bytes:
        """Let the reader type, and return what it did."""
        self._type()
        return super().read()

    def announce(self, call: Callable[[], None]) -> bool:
        """Call `call` whenever something happens in a world of this process."""
        if not isinstance(self._world, EventfulWorld):
            return False
        self._stop_watching = self._world.watch(call)
        return True

    def close(self) -> None:
        """Pull the plug."""
        if self._stop_watching is not None:
            self._stop_watching()
        self._hand.close()
        super().close()

    def _type(self) -> None:
        face = self._world.reader(self._reader)
        if face.trouble in _UNPLUGGED:
            raise DeviceMissing(f"{self._reader}: unplugged")
        if face.uid is not None and face.uid != self._typed_for:
            self._hand.sendall(typed(self._keys(face.uid, face.trouble)))
        self._typed_for = face.uid

    def _keys(self, uid: bytes, trouble: ReaderTrouble | None) -> list[int]:
        """Return the keys of a number, as far as the reader is well."""
        if trouble is ReaderTrouble.TWO_CARDS:
            return []
        codes = [_KEY_OF[character] for character in self._form.text(uid)]
        if trouble is ReaderTrouble.WRONG_CHECK_BYTE:
            codes = codes[: len(codes) // 2]
        elif trouble in _GARBLED:
            codes[1] = _COMMA
        return [*codes, ENTER]


def typed(codes: Iterable[int]) -> bytes:
    """Return the events of keys that are pressed and let go, one after another."""
    strokes = [
        EVENT.pack(0, 0, kind, code, value)
        for key in codes
        for pressed in (PRESSED, RELEASED)
        for kind, code, value in ((KEY, key, pressed), (SYNC, REPORT, 0))
    ]
    return b"".join(strokes)
