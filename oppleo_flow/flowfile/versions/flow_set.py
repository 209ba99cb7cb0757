"""The texts of all files that run together, as one thing with one revision."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath


@dataclass(frozen=True)
class FlowSet:
    """A flow and all files that it leads to, by their names within the site; `main` is the flow."""

    main: str
    files: Mapping[str, str] = field(hash=False)

    @cached_property
    def revision(self) -> str:
        """Return what is different for every other set of texts."""
        digest = hashlib.sha256(self.main.encode("utf-8", "surrogatepass"))
        for name, text in sorted(self.files.items()):
            for part in (name, text):
                data = part.encode("utf-8", "surrogatepass")
                digest.update(b"%d:" % len(data))
                digest.update(data)
        return digest.hexdigest()

    @property
    def text(self) -> str:
        """Return the text of the flow itself."""
        return self.files[self.main]

    def file_of(self, flow: str) -> str | None:
        """Return the file of a flow, by its prefix as ids have it; None: it is of no file here."""
        if not flow:
            return self.main
        name = str(PurePosixPath(self.main).with_name(f"{flow.rstrip('/')}.yaml"))
        return name if name in self.files else None

    def with_files(self, files: Mapping[str, str]) -> "FlowSet":
        """Return this set with other texts in some files, or with more files."""
        return FlowSet(self.main, {**self.files, **files})


def hash_of(text: str) -> str:
    """Return what is different for every other text of a file."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def unified_diff(old: FlowSet, new: FlowSet) -> str:
    """Return what changed between two sets as `diff -u` shows it; empty when nothing did."""
    return "".join(_diff_lines(old, new))


def _diff_lines(old: FlowSet, new: FlowSet) -> Iterator[str]:
    # Not at the top: a start has no use for it.
    import difflib  # noqa: PLC0415

    for name in sorted({*old.files, *new.files}):
        before, after = (files.get(name, "") for files in (old.files, new.files))
        for line in difflib.unified_diff(
            before.splitlines(keepends=True),
            after.splitlines(keepends=True),
            name if name in old.files else "/dev/null",
            name if name in new.files else "/dev/null",
        ):
            yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
