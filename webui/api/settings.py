"""Settings: the options of the flow's nodes and connections and of `oppleo.yaml`.

The files are the one truth.  A change is what a person would type there: each value in the place of
the one before, no other byte.  It is checked, deployed where it is of the flow, and all of it is
done or nothing.
"""

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from bottle import HTTPResponse

from oppleo_flow.errors import Refused
from oppleo_flow.flowfile import Finding
from oppleo_flow.flowfile.editing.values import Path
from oppleo_flow.flowfile.versions.refusals import HasErrors
from webui.answers import WrongPart
from webui.api.audit import Deeds, who_asks
from webui.api.flow import findings_answer, told
from webui.api.setting_models import (
    Change,
    ChangesAsked,
    SettingsAnswer,
    SettingsPreviewAnswer,
    SettingsSavedAnswer,
)
from webui.oppleo_names import ELSEWHERE
from webui.ports import Beside, Deploying, Prospect, Runtime, SiteFacts
from webui.problem import problem
from webui.reading import read_body
from webui.setting_answers import LookedAt, owner_of
from webui.setting_fields import Field, Shown
from webui.setting_parts import SITE, Part
from webui.setting_text import SettingText

_MOST_BYTES = 256 * 1024
T = TypeVar("T")


@dataclass
class _Draft:
    """The texts that a change makes, by file, with those of before.

    `base` is the version that ran when the texts were looked at, or one before it.
    """

    base: str = ""
    before: dict[str, str] = field(default_factory=dict)
    texts: dict[str, SettingText] = field(default_factory=dict)
    changed: list[tuple[Change, Part, Path]] = field(default_factory=list)

    def after(self, file: str) -> str:
        return self.texts[file].text


class Settings:
    """The routes of `/api/v1/settings`."""

    def __init__(
        self, runtime: Runtime, site: SiteFacts, deploying: Deploying | None, deeds: Deeds
    ) -> None:
        self._runtime = runtime
        self._site = site
        self._found = deploying
        self._deeds = deeds
        self._last: LookedAt | None = None

    def show(self) -> SettingsAnswer:
        """Answer `GET /api/v1/settings`: what can be set, and what it is."""
        of_site = self._site.settings
        return {
            "parts": self._looked_at().answers,
            "secrets": sorted(str(one["name"]) for one in self._site.secrets()),
            "elsewhere": [{"oppleo": name, "page": page} for name, page in ELSEWHERE.items()],
            "start_needed": of_site is not None and of_site.start_needed,
        }

    def preview(self) -> SettingsPreviewAnswer:
        """Answer `POST /api/v1/settings/preview`: what a change would do."""
        draft = self._drafted(read_body(ChangesAsked, _MOST_BYTES).changes)
        return self._preview(draft)

    def save(self) -> SettingsSavedAnswer:
        """Answer `PATCH /api/v1/settings`: change them, and let that run."""
        draft = self._drafted(read_body(ChangesAsked, _MOST_BYTES).changes)
        looked = self._preview(draft)
        names = ", ".join(f"{one.part}.{one.option}" for one, _, _ in draft.changed)
        files, site = self._of_flow(draft), self._beside(draft)
        version = None
        if files:
            version = self._deploy(draft, files, site, names)
        else:
            self._save_site(site)
        for one in site:
            self._deeds.note("settings", names, _diff(one.name, draft))
        return {**looked, "version": version}

    # -- showing -------------------------------------------------------------------------------

    def _looked_at(self) -> LookedAt:
        """Return what has settings; as it was looked at before, where that has not changed."""
        site, found = self._site.settings, self._found
        now = (
            self._runtime.graph,
            None if found is None else found.running().flows,
            None if site is None else site.text(),
        )
        before = self._last
        if before is not None and before.is_still(*now):
            return before
        graph, flows, text = now
        self._last = looked = LookedAt(graph, flows, site, text)
        return looked

    @property
    def _deploying(self) -> Deploying:
        if self._found is None:
            raise problem(404, "no-deploys", "nothing can be changed here")
        return self._found

    # -- changing ------------------------------------------------------------------------------

    def _drafted(self, changes: Sequence[Change]) -> _Draft:
        """Return the texts with the changes; what others changed since is told, option by option.

        Raises:
            HTTPResponse: A change is of nothing that is there, cannot be written, or is stale.
        """
        base = "" if self._found is None else self._found.running().revision
        draft, wrong, stale = _Draft(base), [], []
        looked = self._looked_at()
        parts = looked.parts()
        for change in changes:
            part, option = _named(parts, change)
            if part.file not in draft.texts:
                draft.texts[part.file] = SettingText(looked.text(part.file), part.file)
                draft.before[part.file] = draft.texts[part.file].text
            text = draft.texts[part.file]
            path, _, parameter = owner_of(part, option, text)
            if parameter is not None:
                raise Refused(_given_by_each(part, option, parameter))
            now = text.shown(path, option)
            if now not in (change.was, change.value):
                stale.append({"at": _at(change), "theirs": now, "message": _CHANGED})
                continue
            draft.changed.append((change, part, path))
            try:
                _put(text, path, change.value, option)
            except Refused as error:
                wrong.append(WrongPart(at=_at(change), message=str(error)))
        if stale:
            raise problem(412, "stale", _CHANGED, conflicts=stale, errors=stale)
        if wrong:
            raise problem(422, "wrong-settings", wrong[0]["message"], errors=wrong)
        return draft

    def _preview(self, draft: _Draft) -> SettingsPreviewAnswer:
        findings = list(self._check_site(draft))
        prospect = self._check_flow(draft)
        restarts: list[str] = []
        if prospect is not None:
            findings += (one for one in prospect.findings if _is_about(one, draft))
            restarts = sorted({*prospect.changes.coming, *prospect.changes.reopened})
        return {
            "diff": "".join(_diff(name, draft) for name in draft.texts),
            "restarts": restarts,
            "start_needed": self._site_text(draft) is not None,
            "findings": findings_answer(findings),
        }

    def _of_flow(self, draft: _Draft) -> dict[str, str]:
        of_site = self._site.settings
        site = None if of_site is None else of_site.name
        changed = (name for name in draft.texts if name != site)
        return {
            name: draft.after(name) for name in changed if draft.after(name) != draft.before[name]
        }

    def _site_text(self, draft: _Draft) -> str | None:
        """Return the text of `oppleo.yaml` that a draft makes; None where it stays as it is."""
        of_site = self._site.settings
        if of_site is None or of_site.name not in draft.texts:
            return None
        after = draft.after(of_site.name)
        return None if after == draft.before[of_site.name] else after

    def _check_site(self, draft: _Draft) -> Iterator[Finding]:
        text, of_site = self._site_text(draft), self._site.settings
        if text is None or of_site is None:
            return
        findings = of_site.check(text)
        if any(one.severity == "error" for one in findings):
            raise _refusal(draft, findings)
        yield from findings

    def _check_flow(self, draft: _Draft) -> Prospect | None:
        files = self._of_flow(draft)
        if not files:
            return None
        return self._checked(draft, lambda: self._deploying.preview(files))

    def _checked(self, draft: _Draft, deploy: Callable[[], T]) -> T:
        try:
            return deploy()
        except HasErrors as error:
            raise _refusal(draft, error.findings) from error

    def _beside(self, draft: _Draft) -> tuple[Beside, ...]:
        """Return what is written of the site together with the flow: `oppleo.yaml`, or nothing."""
        text, of_site = self._site_text(draft), self._site.settings
        if text is None or of_site is None:
            return ()
        return (Beside(of_site.name, draft.before[of_site.name], text),)

    def _deploy(
        self, draft: _Draft, files: dict[str, str], site: tuple[Beside, ...], names: str
    ) -> int:
        """Let the flow run with its changes, and write all files, or do nothing of it."""
        deploying, why = self._deploying, f"settings: {names}"[:200]
        made, _ = self._checked(
            draft,
            lambda: told(
                lambda: deploying.deploy(files, draft.base, who=who_asks(), why=why, beside=site)
            ),
        )
        return made.number

    def _save_site(self, site: tuple[Beside, ...]) -> None:
        """Write `oppleo.yaml`, where it alone changes."""
        of_site = self._site.settings
        for one in site:
            assert of_site is not None  # else nothing of it would be here
            assert one.before is not None  # it was read
            of_site.save(one.text, one.before)


_CHANGED = "somebody else has changed this meanwhile"


def _given_by_each(part: Part, option: Field, parameter: str) -> str:
    assert part.inside is not None  # or it had no parameters
    uses = ", ".join(part.inside.uses)
    return (
        f"{part.id}.{option.name}: each use of the subflow has its own, by the parameter "
        f"{parameter!r}; set it at {uses}"
    )


def _at(change: Change) -> str:
    return f"{change.part}.{change.option}"


def _named(parts: Sequence[Part], change: Change) -> tuple[Part, Field]:
    for part in parts:
        if part.id != change.part or (part.kind == SITE) is not (change.part == SITE):
            continue
        for option in part.fields:
            if option.name == change.option:
                if not part.editable:
                    raise Refused(f"{part.id}: stands in {part.file}; change it there")
                return part, option
    raise problem(404, "no-such-setting", f"there is no setting {_at(change)[:200]!r}")


def _put(text: SettingText, path: Path, value: Shown, option: Field) -> None:
    if value is not None:
        text.put(path, value, option)
        return
    if option.required:
        raise Refused("is needed: it has no default")
    text.drop(path)


def _refusal(draft: _Draft, findings: Sequence[Finding]) -> HTTPResponse:
    """Return the problem that tells each finding at its option, where it is of one."""
    after = {name: SettingText(draft.after(name), name) for name in draft.texts}
    wrong = []
    for one in findings:
        if one.severity != "error":
            continue
        found = [
            _at(change)
            for change, part, path in draft.changed
            if _is_at(one, part, after[part.file], path)
        ] or [_at(change) for change, part, _ in draft.changed if part.has(one)]
        wrong.append(WrongPart(at=found[0] if found else "", message=one.message))
    said = "; ".join(one["message"] for one in wrong[:3])
    return problem(
        422, "wrong-settings", said, errors=wrong, findings=findings_answer(list(findings))
    )


def _is_about(finding: Finding, draft: _Draft) -> bool:
    """Return whether a finding is about what changes, and not there anyhow."""
    return any(part.has(finding) for _, part, _ in draft.changed)


def _is_at(finding: Finding, part: Part, text: SettingText, path: Path) -> bool:
    first, last = text.line_of(path), text.last_line_of(path)
    in_file = finding.place.file.endswith(part.file)
    return in_file and first is not None and first <= finding.place.line <= (last or first)


def _diff(name: str, draft: _Draft) -> str:
    before, after = draft.before[name].splitlines(), draft.after(name).splitlines()
    lines = difflib.unified_diff(before, after, name, name, lineterm="", n=1)
    return "".join(f"{line}\n" for line in lines)
