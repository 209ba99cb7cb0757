"""The state of the flow, once and as it changes; who may not see it all hears that it changed."""

import re
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Final

from bottle import request, response
from pydantic import Field

from oppleo_flow.accounts.rights import Right
from oppleo_flow.errors import Refused
from webui.access import Access
from webui.feed import Feed
from webui.problem import problem
from webui.reading import Query, read_query
from webui.still import may_still

_ID: Final = re.compile(rb"^id: [0-9a-f]+-[0-9]+$", re.MULTILINE)
"""The line of an event that says which one it is; it counts what was new and tells nothing else."""


class EventsAsked(Query):
    """Since when to tell: a browser says so in `Last-Event-ID` when it comes back by itself."""

    after: str = Field(
        "", max_length=64, description="The id of the last event that was heard; empty: none."
    )


class Live:
    """The routes of `/api/v1/state`, `/api/v1/events` and `/api/v1/hints`."""

    def __init__(self, feed: Feed, access: Access) -> None:
        self._feed = feed
        self._access = access

    def state(self) -> bytes:
        """Answer `GET /api/v1/state`: the whole state."""
        response.content_type = "application/json"
        return self._feed.state()

    def events(self) -> Iterator[bytes]:
        """Answer `GET /api/v1/events`: server-sent events, `state` first and then `change`.

        Who names the last event that it heard is told what it missed, where that is still known.
        """
        after = request.get_header("Last-Event-ID") or read_query(EventsAsked).after
        return self._stream(Right.LOOK, after)

    def hints(self) -> Iterator[bytes]:
        """Answer `GET /api/v1/hints`: the ids of the events, another for each change.

        Who may see their own things only learns by it when to ask for these again: of what has
        changed, and of whose it is, a hint says nothing.
        """
        read_query(EventsAsked)
        return _hints(self._stream(Right.OWN))

    def _stream(self, right: Right, after: str = "") -> Generator[bytes, None, None]:
        try:
            stream = self._feed.listen(after=after, may_listen=may_still(self._access, right))
        except Refused as refused:
            busy = problem(503, "too-many-streams", str(refused))
            busy.set_header("Retry-After", "10")
            raise busy from refused
        response.content_type = "text/event-stream"
        response.set_header("X-Accel-Buffering", "no")  # a proxy must pass it on at once
        return stream


def _hints(events: Generator[bytes, None, None]) -> Iterator[bytes]:
    with closing(events):
        yield from map(as_hint, events)


def as_hint(event: bytes) -> bytes:
    """Return an event as a hint, which has its id and nothing of what it tells.

    Raises:
        ValueError: It has no id, as every event of the feed has.
    """
    found = _ID.search(event)
    if found is None:
        raise ValueError("an event of the feed has no id")
    return b"retry: 2000\n%b\nevent: hint\ndata: {}\n\n" % found[0]
