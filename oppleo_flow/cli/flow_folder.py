"""The flow files of a site: what they hold, what a check says of it, and writing them."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from oppleo_flow.cli.flow_files import Surroundings
from oppleo_flow.cli.text_file import alone_in
from oppleo_flow.errors import Refused
from oppleo_flow.flowfile import CheckResult, Finding
from oppleo_flow.flowfile.reading import read_text
from oppleo_flow.flowfile.versions import FlowSet
from oppleo_flow.flowfile.versions.refusals import HasErrors
from oppleo_flow.flowfile.versions.saving import save
from oppleo_flow.registry import Registry
from webui.ports import Beside


class FlowFolder:
    """The flow files of a site, by their names within it."""

    def __init__(self, around: Surroundings, flow: Path) -> None:
        self._around = around
        self._flow = flow
        self.main = self._name(flow)

    @property
    def registry(self) -> Registry:
        """Return the node types that the site knows."""
        return self._around.registry

    def path(self, name: str) -> Path:
        """Return where a file is."""
        return self._around.folder / name

    def text(self, name: str) -> str | None:
        """Return what a file holds; None when there is none that can be read."""
        text = read_text(self.path(name))
        return text if isinstance(text, str) else None

    def differing(self, flows: FlowSet) -> tuple[str, ...]:
        """Return the files that hold something else than a version of the flow."""
        return tuple(name for name, text in flows.files.items() if self.text(name) != text)

    def alone(self) -> AbstractContextManager[None]:
        """Keep commands that change the files waiting meanwhile; raises as `alone_in` does."""
        return alone_in(self._around.folder)

    def must_hold(self, beside: Sequence[Beside]) -> None:
        """Refuse to write over a file that holds something else than who writes it has seen.

        Raises:
            Refused: It does.
        """
        for one in beside:
            if self.text(one.name) != one.before:
                raise Refused(f"{one.name}: was changed meanwhile; look at it again")

    def write(self, flows: FlowSet, beside: Sequence[Beside] = ()) -> None:
        """Write those files that differ, and others of the site together with them.

        Raises:
            Refused: One of the others holds something else by now; then none is written.
            StoreError: One cannot be written; then none is.
        """
        self.must_hold(beside)
        texts = {name: flows.files[name] for name in self.differing(flows)}
        texts |= {one.name: one.text for one in beside}
        save({self.path(name): text for name, text in texts.items()})

    def check(self, flows: FlowSet) -> tuple[FlowSet, CheckResult]:
        """Check texts; return those that the flow leads to, with the files they lead to besides."""
        texts = {str(self.path(name)): text for name, text in flows.files.items()}
        result = self._around.check_now(flows.text, self._flow, texts)
        return self.set_of(result), result

    def set_of(self, result: CheckResult) -> FlowSet:
        """Return the texts that a check has read."""
        return FlowSet(self.main, {self._name(Path(f)): t for f, t in result.texts.items()})

    def check_disk(self) -> tuple[FlowSet, CheckResult]:
        """Check the texts that the files hold now, as `check` does.

        Raises:
            HasErrors: The flow's own file cannot be read.
        """
        text = read_text(self._flow)
        if isinstance(text, Finding):
            raise HasErrors([text])
        result = self._around.check_now(text, self._flow, {})
        return self.set_of(result), result

    def up_to_date(self, flows: FlowSet, result: CheckResult) -> FlowSet:
        """Return texts with what a check has brought up to date written into them."""
        # Not at the top: a start has no use for it.
        from oppleo_flow.flowfile.editing import FlowText, apply  # noqa: PLC0415
        from oppleo_flow.flowfile.editing.migrating import migration_edit  # noqa: PLC0415

        changed: dict[str, str] = {}
        for file in {migration.place.file for migration in result.migrations}:
            text = FlowText(result.texts[file], file)
            edited = apply(migration_edit(text, result.migrations), text)
            changed[self._name(Path(file))] = edited.text.text
        return flows.with_files(changed)

    def _name(self, file: Path) -> str:
        folder = self._around.folder
        return str(file.relative_to(folder) if file.is_relative_to(folder) else file)
