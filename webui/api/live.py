"""The state of the flow, once and as it changes."""

from collections.abc import Iterator

from bottle import response

from oppleo_flow.errors import Refused
from webui.feed import Feed
from webui.problem import problem


class Live:
    """The routes of `/api/v1/state` and `/api/v1/events`."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    def state(self) -> bytes:
        """Answer `GET /api/v1/state`: the whole state."""
        response.content_type = "application/json"
        return self._feed.state()

    def events(self) -> Iterator[bytes]:
        """Answer `GET /api/v1/events`: server-sent events, `state` first and then `change`."""
        try:
            stream = self._feed.listen()
        except Refused as refused:
            busy = problem(503, "too-many-streams", str(refused))
            busy.set_header("Retry-After", "10")
            raise busy from refused
        response.content_type = "text/event-stream"
        response.set_header("X-Accel-Buffering", "no")  # a proxy must pass it on at once
        return stream
