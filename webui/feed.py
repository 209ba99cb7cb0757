"""Live changes for many browsers: one thread looks, encodes once, and tells all.

A change carries whole nodes, never parts, so a browser that missed some is put right by the next
full state.  What nobody reads costs a bounded queue, and the flow waits for none of it.

Each event has an id.  Who comes back with the last one that it heard is told what it missed, and
everything where that is longer ago than what is kept.
"""

import secrets
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence

from oppleo_flow.clock import Clock
from oppleo_flow.engine.snapshot import NodeSnapshot, RuntimeEvent, RuntimeSnapshot
from oppleo_flow.errors import Refused
from oppleo_flow.payloads import (
    Authorised,
    Failure,
    Rejected,
    ReportWritten,
    SessionEnded,
    SessionStarted,
)
from webui.api.state import StateEncoder, encode_event
from webui.asides import EditorAnswer
from webui.pace import Pace
from webui.ports import Runtime

BEAT_S = 1.5
"""How often a browser hears something even if nothing happens.

A page that missed two beats says within five seconds that we are gone.
"""
_COUNTS_S = 2.0  # counts change with every message; a page is told them this often at most
_GATHER_S = 0.05  # what happens within this time is told as one change
_SHARED_S = 0.02  # so old may a state be that another was given just before
_QUIET_S = 30.0  # a stream that hears nothing so long ends: whoever tells it is gone
_KEPT_BYTES = 512 * 1024  # of changes, for who comes back
_KEPT_S = 60.0  # so long changes are kept when nobody listens any more
RECHECK_S = 2.0
"""How often a stream looks whether its reader may still listen."""
_REMEMBERED = 20  # happenings that a newly opened page shows
_DIGITS = 18  # of an id; more are nobody's
_AT_ONCE = 1000  # events gathered into one change
_WORTH_TELLING = (Authorised, Rejected, SessionStarted, SessionEnded, ReportWritten, Failure)


class Stream:
    """What waits for one browser; when it does not keep up, a full state takes the place of all."""

    def __init__(self, most_waiting: int) -> None:
        self._most_waiting = most_waiting
        self._changed = threading.Condition()
        self._waiting: deque[bytes] = deque()
        self._ended = False

    def put(self, chunk: bytes) -> bool:
        """Add a chunk; return False when too many wait."""
        with self._changed:
            if len(self._waiting) >= self._most_waiting:
                return False
            self._waiting.append(chunk)
            self._changed.notify()
            return True

    def start_over(self, chunk: bytes) -> None:
        """Let `chunk` take the place of all that waits."""
        with self._changed:
            self._waiting.clear()
            self._waiting.append(chunk)
            self._changed.notify()

    def end(self) -> None:
        """Wake the reader and let it go."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    @property
    def ended(self) -> bool:
        """Return whether there is nothing more to come."""
        return self._ended

    def get(self, timeout_s: float) -> bytes | None:
        """Return the next chunk; None when the stream has ended or none came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended, timeout_s)
            return None if self._ended or not self._waiting else self._waiting.popleft()


class Past:
    """The last changes by their number, for who comes back; bounded by number and size."""

    def __init__(self, most: int) -> None:
        self.number = 0
        self._most = most
        self._bytes = 0
        self._chunks: deque[bytes] = deque()

    def add(self, chunk: bytes) -> None:
        """Keep the change of the present number."""
        self._chunks.append(chunk)
        self._bytes += len(chunk)
        while len(self._chunks) > self._most or self._bytes > _KEPT_BYTES:
            self._bytes -= len(self._chunks.popleft())

    def forget(self) -> None:
        """Keep nothing: from now on nobody can say what was missed."""
        self._chunks.clear()
        self._bytes = 0
        self.number += 1

    def since(self, number: int) -> list[bytes] | None:
        """Return what came after a number; None where that is not known."""
        missed = self.number - number
        if not 0 <= missed <= len(self._chunks):
            return None
        return list(self._chunks)[len(self._chunks) - missed :]


class Feed:
    """Tells every open page what changes.

    `most_streams` is how many pages may listen, for each holds a thread of the server;
    `most_waiting` is how many changes may wait for one of them.  On its beat it looks at the `pace`
    of the nodes, too; `editor` tells what is beside the flow, where it can be edited.
    """

    def __init__(
        self, runtime: Runtime, clock: Clock, *, most_streams: int, most_waiting: int = 64
    ) -> None:
        self.most_streams = most_streams
        self.pace = Pace(runtime, clock)
        self.editor: Callable[[], EditorAnswer | None] = lambda: None
        self._most_waiting = most_waiting
        self._runtime = runtime
        self._clock = clock
        self._encoder = StateEncoder()
        self._activity: deque[bytes] = deque(maxlen=_REMEMBERED)
        self._lock = threading.Lock()
        self._streams: set[Stream] = set()
        # Of this start: the numbers of another one say nothing here.
        self._epoch = secrets.token_hex(4)
        self._past = Past(most_waiting)
        self._past_until_s: float | None = None
        self._told: dict[str, NodeSnapshot] = {}
        self._told_ready = False
        self._told_editor: EditorAnswer | None = None
        self._next_beat_s = clock.monotonic() + BEAT_S
        self._next_counts_s = clock.monotonic()
        self._looked = (0.0, b"")
        self._ending = threading.Event()
        self._subscription = runtime.subscribe()
        self._thread = threading.Thread(target=self._run, name="web-feed", daemon=True)

    @property
    def streams(self) -> int:
        """Return how many pages listen."""
        return len(self._streams)

    def start(self) -> None:
        """Begin to tell."""
        self._thread.start()

    def close(self) -> None:
        """Let every page go, and stop."""
        self._ending.set()
        self._subscription.close()
        if self._thread.ident is not None:
            self._thread.join()

    def ends_within(self, seconds: float) -> bool:
        """Wait a little; return whether the feed has stopped, as it does with its server."""
        return self._ending.wait(seconds)

    def state(self) -> bytes:
        """Return the whole state as it is now, as JSON; many who ask at once share one look."""
        now_s = self._clock.monotonic()
        until_s, text = self._looked
        if now_s >= until_s:
            text = self._state(self._runtime.snapshot())
            self._looked = (now_s + _SHARED_S, text)
        return text

    def listen(
        self, *, after: str = "", may_listen: Callable[[], bool] = lambda: True
    ) -> Generator[bytes, None, None]:
        """Return the text of a new event stream: the whole state, then each change.

        Who heard the event with the id `after` last is told what came since instead of the state.
        The stream ends when `may_listen` no longer says so, which is asked now and then.

        Raises:
            Refused: As many pages listen as may, or the feed has stopped.
        """
        stream = Stream(self._most_waiting)
        with self._lock:
            if self._ending.is_set():
                raise Refused("web: live changes: the server is stopping")
            if len(self._streams) >= self.most_streams:
                raise Refused(
                    f"web: live changes: {self.most_streams} pages listen already; close one"
                )
            snapshot, ready = self._runtime.snapshot(), self._runtime.ready
            missed = self._missed(after)
            if self._past_until_s is None and not self._streams:
                self._remember(snapshot.nodes, ready, self.editor())
                self._next_counts_s = self._clock.monotonic() + _COUNTS_S
            if missed is None:
                first = self._event("state", self._state(snapshot))
            else:
                first = self._event("change", self._change(snapshot, [], ready, []))
            chunks = [*(missed or []), first]
            chunks[0] = b"retry: 2000\n" + chunks[0]
            for chunk in chunks:
                stream.put(chunk)
            self._streams.add(stream)
            self._past_until_s = None
        return self._read(stream, may_listen)

    def _missed(self, after: str) -> list[bytes] | None:
        start, _, number = after.partition("-")
        if start != self._epoch or not (number.isascii() and number.isdigit()):
            return None
        found = self._past.since(int(number[:_DIGITS]))
        # As many as may wait, but for the one that says how it is now.
        return None if found is None or len(found) >= self._most_waiting else found

    def _read(self, stream: Stream, may_listen: Callable[[], bool]) -> Generator[bytes, None, None]:
        """Yield what a stream is told, until nobody tells it any more or its reader may not hear.

        Whether he may is asked on the thread of his own request.
        """
        heard_s = asked_s = self._clock.monotonic()
        try:
            while not stream.ended:
                chunk = stream.get(RECHECK_S)
                now_s = self._clock.monotonic()
                if chunk is None or now_s - asked_s >= RECHECK_S:
                    asked_s = now_s
                    if not may_listen():
                        return
                if chunk is not None:
                    heard_s = now_s
                    yield chunk
                elif now_s - heard_s >= _QUIET_S:
                    return
        finally:
            self._leave(stream)

    def _leave(self, stream: Stream) -> None:
        with self._lock:
            self._streams.discard(stream)
            if not self._streams:
                self._past_until_s = self._clock.monotonic() + _KEPT_S

    def _run(self) -> None:
        try:
            while not self._ending.is_set():
                events = self._gather()
                self.pace.look()
                with self._lock:
                    self._tell(events)
                self._ending.wait(_GATHER_S)
        finally:
            with self._lock:
                self._ending.set()
                for stream in self._streams:
                    stream.end()

    def _gather(self) -> list[RuntimeEvent]:
        """Wait for something to happen, or for the next beat; return all that has happened."""
        wait_s = max(0.0, self._next_beat_s - self._clock.monotonic())
        events: list[RuntimeEvent] = []
        while len(events) < _AT_ONCE and (event := self._subscription.get(wait_s)) is not None:
            events.append(event)
            wait_s = 0.0
        return events

    def _tell(self, events: list[RuntimeEvent]) -> None:
        told = [event for event in events if _is_worth_telling(event)]
        happened = [encode_event(event) for event in told]
        self._activity.extend(happened)
        now_s = self._clock.monotonic()
        beat, count_too = now_s >= self._next_beat_s, now_s >= self._next_counts_s
        if beat:
            self._next_beat_s = now_s + BEAT_S
        if not self._is_kept(now_s):
            return
        snapshot, ready, editor = self._runtime.snapshot(), self._runtime.ready, self.editor()
        changed = [node for node in snapshot.nodes if self._is_news(node, count_too=count_too)]
        beside = (ready, editor) != (self._told_ready, self._told_editor)
        if not (changed or happened or beat or beside):
            return
        if count_too:
            self._next_counts_s = now_s + _COUNTS_S
        self._next_beat_s = now_s + BEAT_S
        is_news = bool(changed or happened or beside)
        self._remember(changed, ready, editor)
        self._past.number += is_news  # who comes back has no use for a beat
        change = self._event("change", self._change(snapshot, changed, ready, happened))
        if is_news:
            self._past.add(change)
        for stream in self._streams:
            if not stream.put(change):
                stream.start_over(self._event("state", self._state(snapshot)))

    def _is_kept(self, now_s: float) -> bool:
        """Return whether anybody listens, or may come back and ask what he missed."""
        if self._streams:
            return True
        if self._past_until_s is None:
            return False
        if now_s >= self._past_until_s:
            self._past_until_s = None
            self._past.forget()
            return False
        return True

    def _remember(
        self, told: Iterable[NodeSnapshot], ready: bool, editor: EditorAnswer | None
    ) -> None:
        self._told.update((node.id, node) for node in told)
        self._told_ready, self._told_editor = ready, editor

    def _is_news(self, node: NodeSnapshot, *, count_too: bool) -> bool:
        """Return whether a node differs from what was told, by its counts or otherwise."""
        told = self._told.get(node.id)
        if told is None or count_too:
            return told != node
        return _but_counts(told) != _but_counts(node)

    def _change(
        self,
        snapshot: RuntimeSnapshot,
        changed: Sequence[NodeSnapshot],
        ready: bool,
        happened: Sequence[bytes],
    ) -> bytes:
        now, editor = self._clock.now(), self.editor()
        return self._encoder.change(
            snapshot, changed, ready=ready, now=now, activity=happened, editor=editor
        )

    def _event(self, name: str, data: bytes) -> bytes:
        """Return one server-sent event; JSON has no line breaks of its own."""
        id_ = f"{self._epoch}-{self._past.number}"
        return b"id: %b\nevent: %b\ndata: %b\n\n" % (id_.encode(), name.encode(), data)

    def _state(self, snapshot: RuntimeSnapshot) -> bytes:
        return self._encoder.whole(
            snapshot,
            ready=self._runtime.ready,
            now=self._clock.now(),
            activity=tuple(self._activity),
            editor=self.editor(),
        )


def _is_worth_telling(event: RuntimeEvent) -> bool:
    """Return whether a person wants to read of it; the rest shows as the state it leads to."""
    return event.kind == "event" and isinstance(event.value, _WORTH_TELLING)


def _but_counts(node: NodeSnapshot) -> tuple[object, ...]:
    return (
        *(node.status_level, node.status_text, node.status_since),
        *(node.faults, node.levels, node.made_safe, node.disabled),
    )
