"""What the web interface needs of the runtime, the simulator and the ledger."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from oppleo_flow.charging.calendar_rules import SiteCalendars
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.clock import Clock, SystemClock
from oppleo_flow.devices.frames import Frames
from oppleo_flow.engine.changes import Changes
from oppleo_flow.engine.letters import DeadLetter, DeadLetters
from oppleo_flow.engine.log_levels import LogLevels
from oppleo_flow.engine.recorder import Recorder
from oppleo_flow.engine.snapshot import EVERY_KIND, EventKind, RuntimeEvent, RuntimeSnapshot
from oppleo_flow.engine.taps import Tap
from oppleo_flow.engine.traces import Traces
from oppleo_flow.engine.vitals import Vitals
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.flowfile.versions import FlowSet, Version
from oppleo_flow.immutable import immutable
from oppleo_flow.node import Node
from oppleo_flow.store.audit import Deed
from oppleo_flow.store.location import Written
from oppleo_flow.wording import Language

if TYPE_CHECKING:
    from oppleo_flow.flowfile import Finding
    from oppleo_flow.reports import SiteStatements
    from oppleo_flow.store import Ledger
    from webui.machine import Machine
    from webui.setting_parts import SettingsFile


class Subscription(Protocol):
    """A bounded queue of what changes in a runtime; the oldest event goes when it is full."""

    def get(self, timeout_s: float) -> RuntimeEvent | None:
        """Return the next event; None when none came in time, and once it is closed."""
        ...

    def close(self) -> None:
        """End the subscription, and wake a `get` that waits."""
        ...


class Runtime(Protocol):
    """A running flow.  Everything here is legal from any thread."""

    @property
    def ready(self) -> bool:
        """Return whether every node has started and is free of faults."""
        ...

    def snapshot(self) -> RuntimeSnapshot:
        """Return the state of every node now."""
        ...

    @property
    def graph(self) -> Graph:
        """Return the version of the flow that runs."""
        ...

    @property
    def log_levels(self) -> LogLevels:
        """Return how much each node writes into the log."""
        ...

    def vitals(self) -> Vitals:
        """Return how the runtime itself is."""
        ...

    def node(self, node_id: str) -> Node[Any]:
        """Return a node itself, to ask what it is connected by.

        Raises:
            KeyError: There is no such node, or it does not run.
        """
        ...

    def subscribe(self, size: int = 256, kinds: frozenset[EventKind] = EVERY_KIND) -> Subscription:
        """Return a queue of the changes of some kinds, at most `size` of them waiting."""
        ...

    def tap(self, node: str, port: str, size: int) -> Tap:
        """Return what leaves an output from now on, at most `size` of it waiting.

        Raises:
            KeyError: There is no such output.
            Refused: There are as many taps as may be.
        """
        ...

    def record(self, size: int) -> Recorder:
        """Return everything that happens from now on, at most `size` of it waiting.

        Raises:
            Refused: There are as many recordings as may be.
        """
        ...

    def inject(self, node: str, port: str, payload: Any) -> None:
        """Send a payload into an input, as if a wire had brought it."""
        ...

    def trace(self, count: int, *, node: str | None, within_s: float) -> Traces:
        """Return the way of the next messages, until they have ended or time is up.

        Raises:
            KeyError: There is no such node.
            Refused: There are as many traces as may be.
        """
        ...

    def dead_letters(self, count: int) -> DeadLetters:
        """Return the newest of the messages that nobody could handle, the oldest of them first."""
        ...

    def replay(self, letter_id: int) -> DeadLetter:
        """Give a dead letter to its node once more.

        Raises:
            LookupError: There is no such letter.
            Refused: It cannot be replayed.
        """
        ...

    def discard(self, letter_id: int) -> DeadLetter:
        """Forget a dead letter.

        Raises:
            LookupError: There is no such letter.
        """
        ...


class Audit(Protocol):
    """Who did what.  Legal from any thread."""

    def note(self, who: str, what: str, about: str, details: str = "") -> None:
        """Note a deed that was just done.

        Raises:
            StoreError: It cannot be written.
        """
        ...

    def deeds(self, *, since: datetime | None, count: int) -> Sequence[Deed]:
        """Return the last deeds, the newest first.

        Raises:
            StoreError: They cannot be read.
        """
        ...


class Levers(Protocol):
    """What a person can do to the simulated world.  Legal from any thread.

    `point` is a charge point by name; None: the first.
    """

    def plug_in(self, *, point: str | None = None) -> None:
        """Plug the car in.

        Raises:
            ConfigError: There is no such charge point; so with every lever.
        """
        ...

    def plug_out(self, *, point: str | None = None) -> None:
        """Plug the car out."""
        ...

    def swipe(self, card: str, *, point: str | None = None) -> None:
        """Hold a card to the reader for as long as a person does."""
        ...

    def silence_meter(self, silent: bool, *, point: str | None = None) -> None:
        """Let the meter answer nothing, or answer again."""
        ...

    def break_evse(self, broken: bool, *, point: str | None = None) -> None:
        """Let the SmartEVSE have an error, or let it be well again."""
        ...

    def shine(self, solar: bool, *, point: str | None = None) -> None:
        """Let the SmartEVSE charge by the sun alone, or as usual."""
        ...

    def snapshot(self) -> Mapping[str, Any]:
        """Return the world as plain JSON data."""
        ...


class Sessions(Protocol):
    """The sessions of the ledger.  Legal from any thread."""

    def latest(self, count: int) -> Sequence[SessionRecord]:
        """Return the `count` sessions that started last, the newest first.

        Raises:
            StoreError: The ledger cannot be read.
        """
        ...


@immutable
class SiteFacts:
    """What the web interface needs to know of the site around the runtime.

    `frames` are those of its devices; `redact` takes the values of secrets out of a text;
    `ledger` counts what was written there; `secrets` tells who uses which, and no value;
    `keep_secret` gives one a value, None where there is no place for it; `books` opens the
    ledger to be written, None where none is kept. `wh_per_km` is what its car needs; None:
    nobody has said. `public_view`: who has not signed in may see whether it is free.
    `state_folder` is where the site keeps what it remembers; None: it remembers nothing.
    `statements` tells how it asks for its statements; None where no ledger is kept. `settings`
    is its `oppleo.yaml`.
    """

    clock: Clock = field(default_factory=SystemClock)
    charge_point: str = ""
    timezone: str = "UTC"
    currency: str = "EUR"
    frames: Frames = field(default_factory=Frames)
    redact: Callable[[str], str] = str
    ledger: Written | None = None
    secrets: Callable[[], Iterable[Mapping[str, Any]]] = tuple
    keep_secret: Callable[[str, str], None] | None = None
    books: "Callable[[], Ledger] | None" = None
    ledger_file: Path | None = None
    machine: "Machine | None" = None
    language: Language = "en"
    calendars: SiteCalendars = field(default_factory=SiteCalendars)
    wh_per_km: int | None = None
    public_view: bool = False
    state_folder: Path | None = None
    statements: "Callable[[], SiteStatements] | None" = None
    settings: "SettingsFile | None" = None


@immutable
class Prospect:
    """What a deploy does: the texts that run then, what restarts, and what is worth a look.

    `code` are the files of the site's own nodes that are taken in; of those that changed and are
    not good, `code_faults` says why the old go on.  What somebody wrote into the files
    `in_the_way` and nobody deployed would be lost.
    """

    flows: FlowSet
    changes: Changes
    findings: "tuple[Finding, ...]"
    code: tuple[str, ...] = ()
    code_faults: tuple[str, ...] = ()
    in_the_way: tuple[str, ...] = ()


@immutable
class CodeTried:
    """What became of new code of a site's own nodes: the `files` taken in, or what is wrong."""

    at: datetime
    files: tuple[str, ...]
    faults: tuple[str, ...]


class OwnCode(Protocol):
    """The code of a site's own nodes."""

    @property
    def newest(self) -> CodeTried | None:
        """Return what became of the newest that was tried; None while none was."""
        ...


@immutable
class Reloaded:
    """Which files of a site's own nodes were taken in, and what restarted for it."""

    files: tuple[str, ...]
    changes: Changes


@immutable
class Beside:
    """Another file of the site that is written together with a flow.

    `before` is what it holds; None: it is not there.
    """

    name: str
    before: str | None
    text: str


class Deploying(Protocol):
    """Versions of the flow, and putting another in the place of this one.  From any thread."""

    def running(self) -> Version:
        """Return the version that runs."""
        ...

    def changed_on_disk(self) -> Sequence[str]:
        """Return the files that hold something else than what runs."""
        ...

    def disk_findings(self) -> "Sequence[Finding]":
        """Return what a check finds in the files as they are on the disk."""
        ...

    @property
    def code(self) -> OwnCode:
        """Return what became of the code of the site's own nodes."""
        ...

    def versions(self) -> Iterable[Version]:
        """Return the versions that are kept, the newest first."""
        ...

    def version(self, number: int) -> Version:
        """Return one version.

        Raises:
            LookupError: It is not kept.
        """
        ...

    def differences(self, old: int, new: int | None = None) -> str:
        """Return the unified diff from one version to another, or to what runs.

        Raises:
            LookupError: One is not kept.
        """
        ...

    def preview(self, files: Mapping[str, str] | None, base: str | None = None) -> Prospect:
        """Return what a deploy would do; `files` None means what is on the disk.

        Raises:
            Stale: Others have changed the same since.
            HasErrors: The flow has errors.
        """
        ...

    def deploy(
        self,
        files: Mapping[str, str] | None,
        base: str,
        *,
        who: str,
        why: str,
        overwrite: bool | Collection[str] = False,
        beside: Sequence[Beside] = (),
    ) -> tuple[Version, Prospect]:
        """Deploy a draft that began with the revision `base`; raises as `preview` does, and more.

        All is done, what is written `beside` it too, or nothing is; of that, what the flow leads to
        is a part of it anyhow.  What somebody wrote to the disk goes where `overwrite` is true, or
        has the `hash_of` it.

        Raises:
            Refused: It did not start, or would overwrite what somebody wrote to the disk.
            StoreError: It cannot be written.
        """
        ...

    def back(self, number: int, base: str, *, who: str) -> tuple[Version, Prospect]:
        """Deploy a version once more; raises as `deploy` does.

        Raises:
            LookupError: It is not kept.
        """
        ...

    def reload(self, *, who: str) -> Reloaded:
        """Take in the code of the site's own nodes as it is now.

        Raises:
            HasErrors: The flow that runs does not go together with it.
            Refused: It is not good, or a node does not start with it.
        """
        ...
