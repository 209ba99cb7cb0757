"""A node that sends: what comes in as words, and what became of each message written down."""

from abc import abstractmethod
from typing import Generic, TypeVar
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from pydantic import Field

from oppleo_flow.charging.notices import Notices, Told, of_node, plain
from oppleo_flow.charging.told import Result, ToldOnce
from oppleo_flow.errors import ConfigError, OppleoError, ServiceRefused, ServiceTimeout, StoreError
from oppleo_flow.immutable import immutable
from oppleo_flow.node import Node, StopReason
from oppleo_flow.options import NodeConfig
from oppleo_flow.payloads import Notification
from oppleo_flow.store import Ledger, StoreLocation, open_ledger
from oppleo_flow.wording import Language, wording

REFUSED = "refused"


class SenderConfig(NodeConfig):
    """Settings of every node that sends."""

    language: Language | None = Field(
        None, description="Of what it puts into words itself; default: the site's."
    )


ConfigT = TypeVar("ConfigT", bound=SenderConfig)
TakerT = TypeVar("TakerT")


@immutable
class Outgoing:
    """A message to send; `told_id` is the same whenever it is tried again."""

    note: Notification
    told_id: str


class Takers(Generic[TakerT]):
    """Who has taken a message, so that another try of it reaches the others only."""

    def __init__(self) -> None:
        self._told_id = ""
        self._taken: set[TakerT] = set()

    def of(self, out: Outgoing) -> set[TakerT]:
        """Return who has taken a message, to be added to; of the one before nothing is kept."""
        if self._told_id != out.told_id:
            self._told_id, self._taken = out.told_id, set()
        return self._taken


class Sender(Node[ConfigT], Generic[ConfigT]):
    """The base of nodes that send: one defines `deliver`.

    Each message is written down in the site's ledger with what became of it.  A failure of the node
    itself is not told by it: it would fail the same way.
    """

    blocking = True

    def start(self) -> None:
        """Read the words."""
        zone = ZoneInfo(self.site.timezone)
        self.say = wording(self.config.language or self.site.language)
        self._notices = Notices(self.say, zone, self.site.charge_point)
        self._ledger: Ledger | None = None

    def stop(self, reason: StopReason) -> None:
        """Let go of the ledger."""
        ledger = getattr(self, "_ledger", None)
        if ledger is not None:
            ledger.close()

    def on_message(self, payload: Told) -> None:
        """Send one message."""
        note = plain(self._notices, payload)
        if note is None or note.key.startswith(of_node(self.id)):
            return
        out = Outgoing(note, self._id_of(note))
        try:
            simulated = self.deliver(out)
        except OppleoError as error:
            self._failed(out, error)
            raise
        self.clear(REFUSED)
        self._write(out, "simulated" if simulated else "sent")
        self.status("ok", f"{'simulated, not sent' if simulated else 'sent'}: {note.title}")

    @abstractmethod
    def deliver(self, out: Outgoing) -> bool:
        """Send a message; return whether that was only simulated.

        Raises:
            ServiceRefused: It will never be taken; trying again changes nothing.
            ServiceTimeout: It may have been sent, or not.
            ServiceError: It was not sent.
        """

    @property
    def ledger(self) -> Ledger:
        """Return the site's ledger, opened when it is first needed.

        Raises:
            ConfigError: The site has none.
            StoreError: It cannot be opened.
        """
        if self._ledger is None:
            location = self.site.service(StoreLocation)
            self._ledger = open_ledger(location, self.site.charge_point)
        return self._ledger

    def _id_of(self, note: Notification) -> str:
        """Return an id that a message keeps over every try, and that no other has."""
        site = f"{self.site.charge_point}/{self.id}/{self.message.id}"
        return str(uuid5(NAMESPACE_URL, f"{site}/{note.title}/{note.text}"))

    def _failed(self, out: Outgoing, error: OppleoError) -> None:
        result: Result = "failed"
        if isinstance(error, ServiceTimeout):
            result = "unknown"
        elif isinstance(error, ServiceRefused):
            result = "refused"
            self.fault(REFUSED, str(error))
        self._write(out, result, str(error))

    def _write(self, out: Outgoing, result: Result, error: str = "") -> None:
        """Write down what became of a message; that it cannot be does not send it once more."""
        note = out.note
        once = ToldOnce(
            node=self.id,
            told_id=out.told_id,
            at=self.clock.now(),
            event=note.event,
            priority=note.priority,
            title=note.title,
            text=note.text,
            result=result,
            error=error,
        )
        try:
            self.ledger.told.record(once)
        except ConfigError:
            return  # a site without a ledger
        except StoreError as fault:
            self.log.warning("%s: not written down what was told: %s", self.id, fault)
