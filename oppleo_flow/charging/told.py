"""How it went to tell somebody something."""

from datetime import datetime
from typing import Literal

from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import NoticeEvent

Result = Literal["sent", "simulated", "failed", "refused", "unknown", "shown"]
"""`shown`: nobody was sent it, it stands on the page; `failed`: it was not sent, and may be tried
again; `refused`: trying again changes nothing; `unknown`: it may have been sent, for the answer was
lost."""


@immutable
class ToldOnce:
    """A message that a node has sent, or tried to: `told_id` stays the same from try to try."""

    node: str
    told_id: str
    at: datetime
    event: NoticeEvent
    priority: int
    title: str
    text: str
    result: Result
    error: str = ""
    tries: int = 1
