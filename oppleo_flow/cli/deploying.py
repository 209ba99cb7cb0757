"""Deploying: a draft is put together with what others did, checked, previewed, run and written.

What is on the disk is never deployed by itself, and never overwritten while no version has it.
"""

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from oppleo_flow.cli.disk_check import DiskCheck
from oppleo_flow.cli.flow_files import mistaken
from oppleo_flow.cli.flow_folder import FlowFolder
from oppleo_flow.cli.new_code import NewCode, OwnCode, tried
from oppleo_flow.clock import Clock
from oppleo_flow.engine.deploy import Hooks
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.errors import OppleoError, Refused, StoreError
from oppleo_flow.flowfile import Finding, Graph
from oppleo_flow.flowfile.versions import FlowSet, History, Version
from oppleo_flow.flowfile.versions.flow_set import hash_of, unified_diff
from oppleo_flow.flowfile.versions.refusals import HasErrors, Stale
from oppleo_flow.registry import Registry
from oppleo_flow.store.audit import Note, careful
from webui.ports import Beside, Prospect, Reloaded

_LOG = logging.getLogger(__name__)
_WHO_RELOADS = "reload"
_FILES = "files"
_MIGRATED = "new code asks for other options"
GOOD_AFTER_S = 300.0  # as long as three crashes may take to count as a version's fault


class Deploying:
    """Deploys versions into a running flow; one at a time.  Legal from any thread.

    `adapt` is told the graph that is about to run, when what changes has stopped.
    """

    def __init__(
        self,
        runtime: Runtime,
        folder: FlowFolder,
        history: History,
        running: Version,
        *,
        clock: Clock,
        adapt: Callable[[Graph], object],
        note: Note = lambda *_: None,
    ) -> None:
        self._runtime = runtime
        self._folder = folder
        self._history = history
        self._running = running
        self._clock = clock
        self._adapt = adapt
        self._note = careful(note)
        self._since_s = clock.monotonic()
        self._good = False
        self._lock = threading.Lock()
        self._disk = DiskCheck(folder)
        self.code = OwnCode(folder.registry, runtime, clock, self._disk)

    # -- looking -------------------------------------------------------------------------------

    def running(self) -> Version:
        """Return the version that runs."""
        return self._running

    def changed_on_disk(self) -> tuple[str, ...]:
        """Return the files that hold something else than what runs."""
        return self._folder.differing(self._running.flows)

    def disk_findings(self) -> tuple[Finding, ...]:
        """Return what a check finds in the files on the disk."""
        return self._disk.findings()

    def flow_files(self) -> tuple[Path, ...]:
        """Return the files of the flow that runs."""
        return tuple(map(self._folder.path, self._running.flows.files))

    def versions(self) -> Iterator[Version]:
        """Yield the versions of this flow that are kept, the newest first.

        Raises:
            StoreError: One cannot be read.
        """
        return self._history.versions(self._folder.main)

    def version(self, number: int) -> Version:
        """Return one version.

        Raises:
            LookupError: It is not kept.
            StoreError: It cannot be read.
        """
        return self._history.version(number)

    def differences(self, old: int, new: int | None = None) -> str:
        """Return the unified diff from one version to another, or to what runs.

        Raises as `version` does.
        """
        after = self._running if new is None else self.version(new)
        return unified_diff(self.version(old).flows, after.flows)

    # -- deploying -----------------------------------------------------------------------------

    def preview(self, files: Mapping[str, str] | None, base: str | None = None) -> Prospect:
        """Return what a deploy of a draft would do; `files` None means what is on the disk.

        Raises:
            Stale: It cannot be put together with what was deployed since `base`.
            HasErrors: The flow has errors.
            BrokenCode: It needs code of the site's own nodes that is not good.
        """
        code = NewCode.of(self._folder.registry)
        draft = _draft(files, base, self._running, self._folder, self._history)
        with self._lock:
            code = _fitting(code, draft, self._folder.registry, self._prospect)
            with code.let_in(self._folder.registry, keep=False):
                prospect, _ = self._prospect(draft)
            lost = tuple(name for name, _ in self._lost(draft, prospect))
        return replace(prospect, code=code.names, code_faults=code.faults, in_the_way=lost)

    def deploy(
        self,
        files: Mapping[str, str] | None,
        base: str,
        *,
        who: str,
        why: str,
        overwrite: bool | Collection[str] = False,
        beside: Sequence[Beside] = (),
    ) -> tuple[Version, Prospect]:
        """Deploy a draft that began with the revision `base`; return the version that runs then.

        What is written `beside` it is as a part of it: all is done, or nothing.  What somebody
        wrote to the disk goes where `overwrite` is true, or has the `hash_of` it.

        Raises:
            Stale: It cannot be put together with what was deployed since.
            HasErrors: The flow has errors.
            BrokenCode: It needs code of the site's own nodes that is not good.
            Refused: It did not start, or is in the way of what somebody writes to the disk.
            StoreError: It cannot be written; what ran before runs again.
        """
        code = NewCode.of(self._folder.registry)
        with self._lock, self._folder.alone():
            draft = _draft(files, base, self._running, self._folder, self._history)
            if code.files or code.faults:
                code = _fitting(code, draft, self._folder.registry, self._prospect)
            with code.let_in(self._folder.registry):
                overwrite = overwrite or files is None
                version, prospect = self._put(draft, who, why, overwrite=overwrite, beside=beside)
            self.code.note(code)
            if code.names:
                self._note(who, _WHO_RELOADS, ", ".join(code.names), "")
            return version, replace(prospect, code=code.names, code_faults=code.faults)

    def back(self, number: int, base: str, *, who: str) -> tuple[Version, Prospect]:
        """Deploy a version once more; raises as `deploy` does, and LookupError without it."""
        with self._lock, self._folder.alone():
            version = self.version(number)
            if version.flows.main != self._folder.main:
                raise Refused(f"version {number} is of {version.flows.main}, which does not run")
            if base != self._running.revision:
                raise Stale("another version was deployed since; look at it first")
            return self._put(version.flows, who, f"back to version {number}", overwrite=False)

    def reload(self, *, who: str = _FILES) -> Reloaded:
        """Take in the drop-in files that changed; what is made of them restarts, and no other node.

        Raises:
            BrokenCode: One of them is not good.
            HasErrors: The flow that runs does not go together with them.
            Refused: A node does not start with its new code.
        """
        try:
            done = self._reload()
        except OppleoError as error:
            self.code.refused(error)
            raise
        self.code.taken_in(done.files)
        if done.files:
            self._note(who, _WHO_RELOADS, ", ".join(done.files), "")
        return done

    def _reload(self) -> Reloaded:
        files = tried(self._folder.registry)
        if not files:
            return Reloaded((), self._runtime.preview(self._runtime.graph))
        with self._lock, self._folder.alone():
            before = self._running.flows
            with NewCode(files).let_in(self._folder.registry):
                prospect, graph = self._prospect(before)
                if prospect.flows.revision != before.revision:
                    prospect = self._put(before, _WHO_RELOADS, _MIGRATED, overwrite=False)[1]
                else:
                    self._runtime.deploy(graph, Hooks(before_start=self._adapt))
        names = tuple(file.name for file in files)
        _LOG.info("reloaded: %s", ", ".join(names))
        return Reloaded(names, prospect.changes)

    def _prospect(self, draft: FlowSet) -> tuple[Prospect, Graph]:
        flows, result = self._folder.check(draft)
        if result.migrations:
            flows, result = self._folder.check(self._folder.up_to_date(flows, result))
        wrong = mistaken(result)
        if result.graph is None or wrong:
            raise HasErrors([*wrong, *result.findings])
        changes = self._runtime.preview(result.graph)
        return Prospect(flows, changes, result.findings), result.graph

    def _put(
        self,
        draft: FlowSet,
        who: str,
        why: str,
        *,
        overwrite: bool | Collection[str],
        beside: Sequence[Beside] = (),
    ) -> tuple[Version, Prospect]:
        prospect, graph = self._prospect(draft)
        before, version = self._running.flows, self._running
        if overwrite is not True:
            _refuse_to_lose(self._lost(draft, prospect), overwrite or ())
        beside = [one for one in beside if one.name not in prospect.flows.files]
        self._folder.must_hold(beside)
        writes = bool(self._folder.differing(prospect.flows))

        def commit() -> None:
            nonlocal version
            if prospect.flows.revision != version.revision:
                version = self._history.record(
                    prospect.flows, at=self._clock.now(), who=who, why=why
                )
                _write_or_forget(version, self._folder, self._history, beside)
            else:
                self._folder.write(prospect.flows, beside)

        self._runtime.deploy(graph, Hooks(before_start=self._adapt, commit=commit))
        self._running, self._since_s, self._good = version, self._clock.monotonic(), False
        self._runtime.tell(None)
        _LOG.info("version %d runs: %s: %s", version.number, version.who, version.why)
        about = f"version {version.number}: {why}"
        if writes or prospect.changes.any or prospect.flows.revision != before.revision:
            self._note(who, "deploy", about, unified_diff(before, prospect.flows))
        return version, prospect

    def _lost(self, draft: FlowSet, prospect: Prospect) -> Iterator[tuple[str, str]]:
        return _lost(draft, prospect.flows, self._running.flows, self._folder, self._history)

    # -- good ----------------------------------------------------------------------------------

    def look_whether_good(self) -> None:
        """Note that the version that runs is a good one, once it has run for long enough."""
        with self._lock:
            if self._good or self._clock.monotonic() - self._since_s < GOOD_AFTER_S:
                return
            self._good = True
            try:
                self._history.mark_good(self._running)
            except StoreError as error:
                _LOG.error("%s", error)


def _fitting(
    code: NewCode,
    draft: FlowSet,
    registry: Registry,
    prospect: Callable[[FlowSet], tuple[Prospect, Graph]],
) -> NewCode:
    """Return the new code that a draft is to run with: none, where it only fits the old.

    Raises:
        HasErrors: It fits neither.
        BrokenCode: It needs new code that is not good.
    """
    try:
        with code.let_in(registry, keep=False):
            _, graph = prospect(draft)
    except HasErrors as error:
        code.must_be_good(error.findings, {})
        if not code.files:
            raise
        with suppress(HasErrors):
            prospect(draft)
            return code.that_does_not_fit(error)
        raise
    code.must_be_good((), graph.missing)
    return code


def _lost(
    draft: FlowSet, becomes: FlowSet, running: FlowSet, folder: FlowFolder, history: History
) -> Iterator[tuple[str, str]]:
    """Yield what somebody wrote into files and nobody has deployed, where it would be lost."""
    for name, text in becomes.files.items():
        found = folder.text(name)
        if found is None or found in (text, draft.files.get(name), running.files.get(name)):
            continue
        if not any(one.flows.files.get(name) == found for one in history.versions()):
            yield name, found


def _draft(
    files: Mapping[str, str] | None,
    base: str | None,
    running: Version,
    folder: FlowFolder,
    history: History,
) -> FlowSet:
    """Return a draft together with what was deployed since it began; None: with what runs."""
    before = running if base in (None, running.revision) else history.of_revision(base or "")
    if before is None:
        raise Stale(
            f"revision {(base or '')[:12]!r} is not kept any more; begin anew with what runs"
        )
    mine = before.flows.with_files(files) if files is not None else folder.check_disk()[0]
    if before.revision == running.revision:
        return mine
    # Not at the top: most drafts begin with what runs.
    from oppleo_flow.flowfile.versions.merging import merge  # noqa: PLC0415

    return merge(before.flows, running.flows, mine)


def _write_or_forget(
    version: Version, folder: FlowFolder, history: History, beside: Sequence[Beside]
) -> None:
    """Write the files of a version that is kept, or keep it no more: both, or none."""
    try:
        folder.write(version.flows, beside)
    except (StoreError, Refused):
        history.forget(version)
        raise


def _refuse_to_lose(lost: Iterable[tuple[str, str]], but_for: Collection[str]) -> None:
    """Refuse to overwrite what somebody wrote to the disk, but for texts of some hashes."""
    for name, found in lost:
        if hash_of(found) not in but_for:
            raise Refused(
                f"{name}: was changed on the disk and not deployed; deploy that first, "
                "or say that it may be overwritten"
            )
