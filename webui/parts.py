"""What the web interface is put together from: the parts of a site that its routes ask."""

from dataclasses import dataclass, field

from webui.access import Access, Closed
from webui.editing import Drafts, Editing
from webui.feed import Feed
from webui.origin import Doors
from webui.ports import Audit, Deploying, Levers, Runtime, Sessions, SiteFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of a site.

    `audit` notes who did what; without it nobody will know.
    `sessions` is None where no ledger is kept, `levers` where the hardware is real, `deploying`
    where nothing can be deployed, `editing` and `drafts` where nothing can be edited; `site` is
    what is around the runtime.  `access` finds out who asks, nobody by default; `doors` are the
    names it answers by.
    """

    runtime: Runtime
    feed: Feed
    sessions: Sessions | None = None
    levers: Levers | None = None
    deploying: Deploying | None = None
    editing: Editing | None = None
    drafts: Drafts | None = None
    audit: Audit | None = None
    site: SiteFacts = field(default_factory=SiteFacts)
    access: Access = field(default_factory=Closed)
    doors: Doors = field(default_factory=Doors)
