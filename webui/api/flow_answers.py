"""What is answered about the flow that runs, its versions, and what a deploy does."""

from collections.abc import Mapping, Sequence
from typing import Literal

from typing_extensions import TypedDict

from webui.answers import Moment


class FindingAnswer(TypedDict):
    """What a check of the flow found, and where; `code` is stable."""

    code: str
    severity: Literal["error", "warning", "info"]
    file: str
    line: int
    column: int
    node: str | None
    message: str
    source: str | None
    instances: list[str]


class VersionAnswer(TypedDict):
    """A version of the flow: who deployed it when and why, and which file leads."""

    version: int
    revision: str
    at: Moment
    who: str
    why: str
    main: str


class VersionTextsAnswer(VersionAnswer):
    """A version with the texts of its files, by name."""

    files: Mapping[str, str]


class VersionsAnswer(TypedDict):
    """The versions that are kept, the newest first, and the number of the one that runs."""

    running: int
    versions: list[VersionAnswer]


class CodeTriedAnswer(TypedDict):
    """What became of new code of the site's own nodes: files taken in, or what is wrong."""

    at: Moment
    files: Sequence[str]
    faults: Sequence[str]


class FlowAnswer(VersionTextsAnswer):
    """The version that runs, and what the files on the disk hold that is different."""

    changed_on_disk: Sequence[str]
    disk_findings: list[FindingAnswer]
    code_tried: CodeTriedAnswer | None


class RestartedAnswer(TypedDict):
    """A node that a deploy restarts, and why."""

    node: str
    why: str


class ChangesAnswer(TypedDict):
    """What a deploy does to what runs."""

    added: Sequence[str]
    removed: Sequence[str]
    restarted: list[RestartedAnswer]
    rewired: Sequence[str]
    keep_level: Sequence[str]
    reopened: Sequence[str]


class ProspectAnswer(TypedDict):
    """What a deploy does: the texts that run then, what restarts, and what is worth a look."""

    becomes: str
    files: Mapping[str, str]
    changes: ChangesAnswer
    findings: list[FindingAnswer]
    code: Sequence[str]
    code_faults: Sequence[str]


class DeployedAnswer(VersionAnswer, ProspectAnswer):
    """The version that runs since, and what the deploy did."""


class ReloadedAnswer(TypedDict):
    """Which files of the site's own nodes were taken in, and what restarted for it."""

    files: Sequence[str]
    changes: ChangesAnswer


class DiffAnswer(TypedDict):
    """What differs between two versions, as a unified diff."""

    diff: str
