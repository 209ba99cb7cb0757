"""What people were told: by the nodes that send, and by the page itself."""

from typing import Literal

from pydantic import Field
from typing_extensions import TypedDict

from oppleo_flow.charging.told import Result, ToldOnce
from oppleo_flow.payloads import NoticeEvent
from webui.answers import Moment
from webui.api.books import Books
from webui.api.paging import Paged, page_of
from webui.reading import read_query


class NotificationsAsked(Paged):
    """Which notifications to list."""

    sort: Literal["at"] = "at"
    order: Literal["asc", "desc"] = Field("desc", description="The oldest first, or the newest.")
    event: NoticeEvent | None = Field(None, description="Only those of this.")
    node: str | None = Field(None, max_length=200, description="Only what this one told.")
    result: Result | None = Field(None, description="Only those that went so.")


class NotificationAnswer(TypedDict):
    """What was told; `node` is who told it, `page` for the page itself."""

    id: str
    node: str
    at: Moment
    event: str
    priority: int
    title: str
    text: str
    result: str
    error: str
    tries: int


class NotificationsAnswer(TypedDict):
    """A part of what was told."""

    items: list[NotificationAnswer]
    total: int


class Notifications(Books):
    """The route of `/api/v1/notifications`."""

    def show(self) -> NotificationsAnswer:
        """Answer `GET /api/v1/notifications`; the newest thousand are kept.

        A site that keeps no ledger has told nothing that it could show.
        """
        asked = read_query(NotificationsAsked)
        told = self.ledger.told.newest() if self._site.books is not None else []
        found = [one for one in told if _is_asked_for(one, asked)]
        part, total = page_of(found, asked, lambda one: one.at)
        return {"items": [_answer(one) for one in part], "total": total}


def _is_asked_for(one: ToldOnce, asked: NotificationsAsked) -> bool:
    return (
        asked.event in (None, one.event)
        and asked.node in (None, one.node)
        and asked.result in (None, one.result)
    )


def _answer(one: ToldOnce) -> NotificationAnswer:
    return {
        "id": f"{one.node}/{one.told_id}",
        "node": one.node,
        "at": one.at.isoformat(),
        "event": one.event,
        "priority": one.priority,
        "title": one.title,
        "text": one.text,
        "result": one.result,
        "error": one.error,
        "tries": one.tries,
    }
