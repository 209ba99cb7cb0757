"""New code of a site's own nodes: tried elsewhere first, and let in only when all of it is good."""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path

from oppleo_flow.cli.disk_check import DiskCheck
from oppleo_flow.clock import Clock
from oppleo_flow.drop_in import Version
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.errors import NodeFileError, OppleoError
from oppleo_flow.flowfile.findings import Finding
from oppleo_flow.flowfile.versions.refusals import BrokenCode, HasErrors
from oppleo_flow.immutable import immutable
from oppleo_flow.registry import Registry
from webui.ports import CodeTried

_LOG = logging.getLogger(__name__)
_ABOUT = "code"
_LACKS_A_TYPE = frozenset({"unknown-type", "node-file"})


def tried(registry: Registry) -> Mapping[Path, Version]:
    """Return the drop-in files that changed, when all of them are good.

    Raises:
        BrokenCode: One cannot be imported, or an example of it is not true.
    """
    files = registry.changed_drop_ins()
    if files:
        # Not at the top: code changes seldom.
        from oppleo_flow.testing.child import faults_of  # noqa: PLC0415

        faults = faults_of(next(iter(files)).parent, list(files))
        if faults:
            raise BrokenCode(faults)
    return files


@immutable
class NewCode:
    """The code that a deploy may bring along: `files` that are good, or `faults` of some."""

    files: Mapping[Path, Version] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    @classmethod
    def of(cls, registry: Registry) -> "NewCode":
        """Return what has changed since it was imported, tried."""
        try:
            return cls(tried(registry))
        except BrokenCode as error:
            return cls(faults=error.faults)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the files that are good."""
        return tuple(file.name for file in self.files)

    @contextmanager
    def let_in(self, registry: Registry, *, keep: bool = True) -> Iterator[None]:
        """Have the good files imported for the body; for good, if it is to `keep` them.

        Raises:
            BrokenCode: One has changed once more.
        """
        if not self.files:
            yield
            return
        try:
            with registry.renewed(self.files, keep=keep):
                yield
        except NodeFileError as error:
            raise BrokenCode([str(error)]) from error

    def that_does_not_fit(self, error: HasErrors) -> "NewCode":
        """Return it as code with which a flow has errors."""
        return NewCode(faults=(f"{', '.join(self.names)}: the flow does not fit it: {error}",))

    def must_be_good(self, findings: Iterable[Finding], missing: Collection[str]) -> None:
        """Refuse what a flow lacks because new code is not good; other flows go on with the old.

        Raises:
            BrokenCode: A type is not there, and code that is new is not good.
        """
        if self.faults and (missing or any(one.code in _LACKS_A_TYPE for one in findings)):
            raise BrokenCode(self.faults)


class OwnCode:
    """What has become of new code of the site's own nodes, for everybody who looks.

    Legal from any thread.
    """

    def __init__(self, registry: Registry, runtime: Runtime, clock: Clock, disk: DiskCheck) -> None:
        self._registry = registry
        self._runtime = runtime
        self._clock = clock
        self._disk = disk
        self.newest: CodeTried | None = None

    @property
    def has_changed(self) -> bool:
        """Return whether a file is not what was imported."""
        return bool(self._registry.changed_drop_ins())

    def taken_in(self, files: Sequence[str]) -> None:
        """Note that files were taken in; none, when nothing had changed."""
        self._disk.forget()
        self._runtime.tell(None, _ABOUT)
        if files:
            self.newest = CodeTried(self._clock.now(), tuple(files), ())

    def refused(self, error: OppleoError) -> None:
        """Note why files were not taken in."""
        faults = error.faults if isinstance(error, BrokenCode) else (str(error),)
        self._runtime.tell(f"new code is not let in: {error}", _ABOUT)
        self.newest = CodeTried(self._clock.now(), (), tuple(faults))
        for line in faults:
            _LOG.error("new code is not let in: %s", line)

    def note(self, code: NewCode) -> None:
        """Note what a deploy has done with new code."""
        if code.faults:
            self.refused(BrokenCode(code.faults))
        else:
            self.taken_in(code.names)
