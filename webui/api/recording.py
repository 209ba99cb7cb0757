"""Recording the running flow over the API: lines of JSON for as long as somebody reads.

What happens in the flow is put into a bounded queue and no more; a thread of the server writes it,
and may be slow.  What the queue could not hold is counted in the recording itself.
Each holds a thread of the server, so there are only a few.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Literal

from bottle import response
from pydantic import Field

from oppleo_flow.accounts.rights import Right
from oppleo_flow.engine import recorder
from oppleo_flow.engine.recorder import Recorder
from webui.access import Access
from webui.feed import Feed
from webui.ports import Deploying, Runtime, SiteFacts
from webui.problem import problem
from webui.reading import Query, read_query
from webui.still import may_still

MOST_RECORDING = 4
MEDIA_TYPE = "application/x-ndjson"
_MOST_WAITING = 20_000
_AT_ONCE = 500
_GATHER_S = 0.1
_BEATS = 50  # how often it looks before it says so: only then it notices a reader that is gone


class RecordingAsked(Query):
    """What to record."""

    frames: Literal["yes", "no"] = Field("yes", description="Those of the devices as well.")


class Recording:
    """The route of `/api/v1/recording`."""

    def __init__(
        self,
        runtime: Runtime,
        feed: Feed,
        site: SiteFacts,
        deploying: Deploying | None,
        access: Access,
    ) -> None:
        self._access = access
        self._runtime = runtime
        self._feed = feed
        self._site = site
        self._deploying = deploying
        self._places = threading.BoundedSemaphore(MOST_RECORDING)

    def record(self) -> "RecordingStream":
        """Answer `GET /api/v1/recording`: the lines of a recording, until nobody reads them.

        `?frames=no` leaves the frames of the devices out.
        """
        asked = read_query(RecordingAsked)
        with ExitStack() as held:
            self._take_place(held)
            made = self._runtime.record(_MOST_WAITING)
            held.callback(made.close)
            if asked.frames == "yes":
                held.callback(self._site.frames.listen(made.frame))
            response.content_type = MEDIA_TYPE
            response.set_header("X-Accel-Buffering", "no")  # a proxy must pass it on at once
            first = [self._header(made), *recorder.held(made, self._site.clock.now())]
            may_read = may_still(self._access, Right.ADMINISTER)
            return RecordingStream(made, first, self._feed, self._site, held.pop_all(), may_read)

    def _take_place(self, held: ExitStack) -> None:
        """Hold one of the few places for who records."""
        if not self._places.acquire(blocking=False):
            busy = problem(503, "too-many-recording", f"{MOST_RECORDING} record already; end one")
            busy.set_header("Retry-After", "10")
            raise busy
        held.callback(self._places.release)

    def _header(self, made: Recorder) -> str:
        site, deploying = self._site, self._deploying
        running = [n for n in self._runtime.graph.nodes.values() if not n.disabled]
        return recorder.header(
            made,
            site.clock.now(),
            revision=None if deploying is None else deploying.running().revision,
            charge_point=site.charge_point,
            timezone=site.timezone,
            nodes=[node.id for node in running],
            sources=[node.id for node in running if not node.spec.inputs],
        )


class RecordingStream(Iterator[bytes]):
    """The lines of one recording, without secrets, until its reader or the server has enough."""

    def __init__(
        self,
        made: Recorder,
        first: list[str],
        feed: Feed,
        site: SiteFacts,
        held: ExitStack,
        may_read: Callable[[], bool],
    ) -> None:
        self._may_read = may_read
        self._made = made
        self._first = first
        self._feed = feed
        self._site = site
        self._held = held
        self._lost = 0
        self._ended = False

    def __next__(self) -> bytes:
        """Return the lines of what has happened since, or an empty one as a sign of life."""
        if self._ended:
            raise StopIteration
        if self._first:
            first, self._first = self._first, []
            return self._redacted(first)
        for _ in range(_BEATS):
            why = self._why_over()
            lines = [*self._lines()]
            if why is not None:
                self._ended = True
                lines.append(recorder.end(why, self._site.clock.now()))
            if lines:
                return self._redacted(lines)
        return b"\n"

    def _why_over(self) -> str | None:
        """Wait a little; return why there is no more to record, None where there is."""
        if self._feed.ends_within(_GATHER_S):
            return "the runtime has stopped"
        return None if self._may_read() else "who recorded it was signed out"

    def _lines(self) -> Iterator[str]:
        found = [*self._made.lines(_AT_ONCE)]
        lost, self._lost = self._made.missed - self._lost, self._made.missed
        if lost:  # what the queue gives up is older than what it holds
            yield recorder.lost(lost, self._site.clock.now())
        yield from found

    def _redacted(self, lines: list[str]) -> bytes:
        return self._site.redact("".join(lines)).encode()

    def close(self) -> None:
        """End the recording: the flow runs as if there had been none."""
        self._held.close()
