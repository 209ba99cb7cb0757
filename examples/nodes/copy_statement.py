"""Copy each statement to a folder elsewhere, such as one on a network drive.

```yaml
copy:
  type: copy-statement
  from: report
  folder: /mnt/drive/charging
  when_busy: parallel 4 per period
  on_error: {retry: 5, backoff: 1m..1h, then: dead-letter}
```

A drive may take minutes to wake up, so several copies may be under way at once; those of one period
are made one after the other, or an older statement could take the place of a newer one. A copy is
there as a whole, or not at all. On a simulated site nothing is copied.
"""

from pathlib import Path

from pydantic import Field

from oppleo_flow import Example, Node, NodeConfig, Out
from oppleo_flow.payloads import ReportWritten


class CopyStatementConfig(NodeConfig):
    """Settings of a `copy-statement` node."""

    folder: Path = Field(description="Where the copies go; it must be there.")


class CopyStatement(Node[CopyStatementConfig]):
    """Copy each statement to a folder elsewhere.

    Input:
        A `ReportWritten`; its files are read from the site's folder.

    Output:
        `copied`: the path of each copy that is complete.

    Raises:
        OSError: A file cannot be read, or the folder takes none now.

    Source:
        None.
    """

    type_name = "copy-statement"
    icon = "copy"
    blocking = True  # a network drive may be slow, or away
    parallel = True  # nothing is kept between two messages, so their handlers may run at once
    copied: Out[str]
    examples = [
        Example(
            {"folder": "/mnt/drive"},
            send=ReportWritten.sample(),
            expect={"copied": []},
            doc="On simulated hardware nothing is copied.",
        )
    ]

    def on_message(self, report: ReportWritten) -> None:
        """Copy the files of one statement."""
        if self.site.simulate:
            return self.status("ok", f"simulated, not copied: {report.period}")
        for name in report.files:
            file = self.site.folder / name
            copy = self.config.folder / file.name
            draft = copy.with_name(f".{copy.name}.new")
            draft.write_bytes(file.read_bytes())
            draft.replace(copy)
            self.copied.send(str(copy))
        return self.status("ok", f"copied: {report.period}")
