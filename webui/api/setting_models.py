"""What the addresses of settings take and answer."""

from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from webui.api.flow_answers import FindingAnswer
from webui.reading import Nothing
from webui.setting_fields import Kind

Section = Literal["charge-point", "hardware", "network", "notifications", "storage", "flow"]
Text = Annotated[str, Field(max_length=20_000)]
Value = Text | bool | Annotated[list[Text], Field(max_length=200)] | None


class OptionAnswer(TypedDict):
    """An option: what it means, what it may be, and what it is.

    `value` is what stands in the file, null where nothing does and `default` counts; of a secret it
    is the name.  `variable` is the one that says it, `parameter` that of the subflow: then each use
    of the subflow has its own.  `line` is where it stands, or would.
    """

    name: str
    kind: Kind
    description: str
    unit: str
    minimum: float | None
    maximum: float | None
    choices: list[str]
    examples: list[str]
    required: bool
    default: Any
    value: Any
    variable: str | None
    parameter: str | None
    line: int | None
    oppleo: list[str]


class InsideAnswer(TypedDict):
    """The subflow in which something stands, and the ids of its instances: it is in each."""

    subflow: str
    name: str
    uses: list[str]


class PartAnswer(TypedDict):
    """A node, an instance of a subflow, a connection or the site, with its options.

    What stands `inside` a subflow is one part for all its uses.  What is not `editable` can be
    changed in its file alone.  `group` tells parts of the site apart.
    """

    id: str
    part: Literal["site", "node", "connection"]
    group: str
    type: str
    section: Section
    about: str
    file: str
    line: int
    editable: bool
    inside: InsideAnswer | None
    test: str | None
    options: list[OptionAnswer]


class ElsewhereAnswer(TypedDict):
    """What Oppleo had among its settings and has a page of its own here."""

    oppleo: str
    page: str


class SettingsAnswer(TypedDict):
    """All settings.  `secrets` are the names that a secret may have."""

    parts: list[PartAnswer]
    secrets: list[str]
    elsewhere: list[ElsewhereAnswer]
    start_needed: bool


class Change(Nothing):
    """Another value for an option; `was` is what the one who changes it saw there.

    Null takes it back to its default.
    """

    part: str = Field(min_length=1, max_length=200, description="A node, a connection, or `site`.")
    option: str = Field(min_length=1, max_length=200)
    value: Value = None
    was: Value = None


class ChangesAsked(Nothing):
    """What is to change, all of it or nothing."""

    changes: list[Change] = Field(min_length=1, max_length=200)


class SettingsPreviewAnswer(TypedDict):
    """What a change does: the lines that change, which nodes restart, what is worth a look.

    `start_needed`: what is in `oppleo.yaml` counts when the program starts anew.
    """

    diff: str
    restarts: list[str]
    start_needed: bool
    findings: list[FindingAnswer]


class SettingsSavedAnswer(SettingsPreviewAnswer):
    """What was done, with the version that runs now; null where the flow stayed as it was."""

    version: int | None
