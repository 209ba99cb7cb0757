"""The flow that runs: its texts and its versions, and putting another in its place.

A write names in `If-Match` the revision that it began with, the `ETag` of what was read.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from bottle import request, response
from pydantic import Field

from oppleo_flow.engine.changes import Changes
from oppleo_flow.flowfile.versions import Version
from oppleo_flow.flowfile.versions.refusals import BrokenCode, HasErrors, Stale
from webui.api.audit import who_asks
from webui.api.flow_answers import (
    ChangesAnswer,
    CodeTriedAnswer,
    DeployedAnswer,
    DiffAnswer,
    FindingAnswer,
    FlowAnswer,
    ProspectAnswer,
    ReloadedAnswer,
    VersionAnswer,
    VersionsAnswer,
    VersionTextsAnswer,
)
from webui.ports import CodeTried, Deploying, Prospect
from webui.problem import problem
from webui.reading import Nothing, Query, read_body, read_query

if TYPE_CHECKING:
    from oppleo_flow.flowfile import Finding

_MOST_BYTES = 8 * 1024 * 1024
_PAGE = "page"
T = TypeVar("T")


class Draft(Nothing):
    """Which texts to look at or to deploy."""

    files: dict[str, str] | None = Field(
        None, description="The texts that differ, by name; without it, what is on the disk."
    )


class DraftToDeploy(Draft):
    """What to deploy, and why."""

    who: str = Field(_PAGE, min_length=1, max_length=64, description="Who deploys it.")
    why: str = Field("", max_length=200, description="One line for the list of versions.")
    overwrite: bool = Field(
        False, description="True: write over what was changed on the disk and not deployed."
    )


class Back(Nothing):
    """Who goes back to a version."""

    who: str = Field(_PAGE, min_length=1, max_length=64, description="Who deploys it.")


class DiffAsked(Query):
    """Between which versions."""

    old: int = Field(alias="from", ge=0, lt=1_000_000_000, description="A version's number.")
    new: int | None = Field(
        None, alias="to", ge=0, lt=1_000_000_000, description="Without it, what runs."
    )


class RunningFlow:
    """The routes of `/api/v1/flow`; `deploying` is None where nothing can be deployed."""

    def __init__(self, deploying: Deploying | None) -> None:
        self._found = deploying

    @property
    def _deploying(self) -> Deploying:
        if self._found is None:
            raise problem(404, "no-deploys", "nothing can be deployed here")
        return self._found

    def show(self) -> FlowAnswer:
        """Answer `GET /api/v1/flow`: the texts that run."""
        deploying = self._deploying
        running, code = deploying.running(), deploying.code.newest
        changed = deploying.changed_on_disk()
        _tag(running)
        return {
            **_version(running),
            "files": running.flows.files,
            "changed_on_disk": changed,
            "disk_findings": findings_answer(deploying.disk_findings() if changed else ()),
            "code_tried": None if code is None else _code(code),
        }

    def preview(self) -> ProspectAnswer:
        """Answer `POST /api/v1/flow/preview`: what a deploy of a draft would do."""
        deploying, draft = self._deploying, read_body(Draft, _MOST_BYTES)
        base = _if_match()
        return _prospect(told(lambda: deploying.preview(draft.files, base)))

    def deploy(self) -> DeployedAnswer:
        """Answer `PUT /api/v1/flow`: deploy a draft."""
        deploying, base = self._deploying, _must_match()
        draft = read_body(DraftToDeploy, _MOST_BYTES)
        return self._done(
            lambda: deploying.deploy(
                draft.files,
                base,
                who=draft.who,
                why=draft.why or "no reason given",
                overwrite=draft.overwrite,
            )
        )

    def versions(self) -> VersionsAnswer:
        """Answer `GET /api/v1/flow/versions`: those that are kept, the newest first."""
        deploying = self._deploying
        return {
            "running": deploying.running().number,
            "versions": [_version(version) for version in deploying.versions()],
        }

    def version(self, number: int) -> VersionTextsAnswer:
        """Answer `GET /api/v1/flow/versions/7`: with its texts."""
        version = _kept(lambda: self._deploying.version(number))
        return {**_version(version), "files": version.flows.files}

    def diff(self) -> DiffAnswer:
        """Answer `GET /api/v1/flow/diff?from=6&to=7`: without `to`, to what runs."""
        deploying, asked = self._deploying, read_query(DiffAsked)
        return {"diff": _kept(lambda: deploying.differences(asked.old, asked.new))}

    def back(self, number: int) -> DeployedAnswer:
        """Answer `POST /api/v1/flow/versions/7/deploy`: deploy it once more."""
        deploying, base = self._deploying, _must_match()
        who = read_body(Back).who
        return self._done(lambda: _kept(lambda: deploying.back(number, base, who=who)))

    def reload(self) -> ReloadedAnswer:
        """Answer `POST /api/v1/flow/reload`: take in the code of the site's own nodes."""
        deploying = self._deploying
        read_body(Nothing)
        done = told(lambda: deploying.reload(who=who_asks()))
        return {"files": done.files, "changes": _changes(done.changes)}

    @staticmethod
    def _done(deploy: Callable[[], tuple[Version, Prospect]]) -> DeployedAnswer:
        version, prospect = told(deploy)
        _tag(version)
        return {**_version(version), **_prospect(prospect)}


def told(call: Callable[[], T]) -> T:
    """Return what a call does, and say as a problem why it cannot."""
    try:
        return call()
    except Stale as error:
        raise problem(412, "stale", str(error), conflicts=list(error.parts)) from error
    except BrokenCode as error:
        raise problem(422, "broken-code", str(error), faults=list(error.faults)) from error
    except HasErrors as error:
        raise problem(
            422, "flow-has-errors", str(error), findings=findings_answer(error.findings)
        ) from error


def _kept(call: Callable[[], T]) -> T:
    try:
        return call()
    except LookupError as error:
        raise problem(404, "no-such-version", str(error.args[0])) from error


def _tag(version: Version) -> None:
    response.set_header("ETag", f'"{version.revision}"')


def _if_match() -> str | None:
    """Return the revision that the request names, None when it names none."""
    given: str = request.get_header("If-Match", "").strip()
    return given.strip('"') or None


def _must_match() -> str:
    base = _if_match()
    if base is None:
        raise problem(
            428,
            "no-revision",
            "If-Match must name the revision that this began with: the ETag of GET /api/v1/flow",
        )
    return base


def _version(version: Version) -> VersionAnswer:
    return {
        "version": version.number,
        "revision": version.revision,
        "at": version.at.isoformat(),
        "who": version.who,
        "why": version.why,
        "main": version.flows.main,
    }


def _prospect(prospect: Prospect) -> ProspectAnswer:
    return {
        "becomes": prospect.flows.revision,
        "files": prospect.flows.files,
        "changes": _changes(prospect.changes),
        "findings": findings_answer(prospect.findings),
        "code": prospect.code,
        "code_faults": prospect.code_faults,
    }


def _code(code: CodeTried) -> CodeTriedAnswer:
    return {"at": code.at.isoformat(), "files": code.files, "faults": code.faults}


def _changes(changes: Changes) -> ChangesAnswer:
    return {
        "added": changes.added,
        "removed": changes.removed,
        "restarted": [{"node": node, "why": why} for node, why in changes.restarted.items()],
        "rewired": changes.rewired,
        "keep_level": changes.keep_level,
        "reopened": changes.reopened,
    }


def findings_answer(findings: "Iterable[Finding]") -> list[FindingAnswer]:
    """Return what a check found as the API tells it."""
    return [
        {
            "code": one.code,
            "severity": one.severity,
            "file": one.place.file,
            "line": one.place.line,
            "column": one.place.column,
            "node": one.node,
            "message": one.message,
            "source": one.source,
            "instances": list(one.instances),
        }
        for one in findings
    ]
