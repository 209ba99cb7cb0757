"""What the flow editor asks of a site: its flow files, and who has which draft of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from oppleo_flow.immutable import immutable

if TYPE_CHECKING:
    from oppleo_flow.flowfile.editing import KnownTypes
    from oppleo_flow.flowfile.versions import Version

Place = tuple[int, int]
"""Where a node stands on the canvas, in pixels from the left and from the top."""


@immutable
class Step:
    """One step of an editor, which undo takes back as a whole.

    `texts` are the new texts of the files that it changes, `places` the places of nodes that it
    moves, by file and node; None takes a place away.  With `base`, the revision of a version, it is
    from then on that version that the draft changes.  `took` has the hash of each text that it
    takes in from the disk, by file: what a deploy may then write over.
    """

    label: str
    texts: Mapping[str, str]
    places: Mapping[str, Mapping[str, Place | None]]
    base: str | None = None
    took: Mapping[str, str] = field(default_factory=dict)


@immutable
class DraftTexts:
    """A draft as a step sees it.

    `files` are all texts by their names in the site, `changed` those that differ from the version
    `base`; `took` has the hash of each text that was taken in from the disk, by file, as
    `FlowText.revision` has it.  `number` counts the steps, and never goes back.
    """

    base: str
    number: int
    files: Mapping[str, str]
    changed: Mapping[str, str]
    took: Mapping[str, str]


@immutable
class Other:
    """Somebody else who has a draft: since when, and which nodes it changes."""

    who: str
    changed_at: datetime
    nodes: tuple[str, ...]


class Editing(Protocol):
    """The flow files of a site.  Legal from any thread."""

    def running(self) -> "Version":
        """Return the version that runs."""
        ...

    def around(self) -> Mapping[str, str]:
        """Return the texts of all flow files on the disk, by their names in the site."""
        ...

    def types(self) -> "KnownTypes":
        """Return what is known of node types, for edits."""
        ...

    def layout(self, file: str) -> str:
        """Return the text of a flow file's layout; an empty one where there is none."""
        ...

    def write_layout(self, file: str, change: Callable[[str], str]) -> str:
        """Write what `change` makes of a flow file's layout, alone; return it.

        Raises:
            StoreError: It cannot be written.
        """
        ...


class Drafts(Protocol):
    """The drafts of all accounts, one each.  Legal from any thread."""

    def texts(self, who: str) -> DraftTexts:
        """Return somebody's draft; where there is none, what runs with the number 0."""
        ...

    def change(self, who: str, number: int, step: Callable[[DraftTexts], Step]) -> DraftTexts:
        """Do one step with somebody's draft, which is on the disk then.

        Raises:
            Stale: The draft has another number by now.
            Refused: The step cannot be done.
            StoreError: It cannot be written; the draft is as it was.
        """
        ...

    def deployed(self, who: str, number: int, version: "Version") -> DraftTexts:
        """Let a draft change what runs now, because it was deployed; undo goes on where it can."""
        ...

    def others(self, who: str) -> Sequence[Other]:
        """Return who else has a draft."""
        ...

    @property
    def token(self) -> str:
        """Return what is another whenever a draft changed."""
        ...
