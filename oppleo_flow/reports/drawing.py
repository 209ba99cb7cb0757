"""Which function draws which format, and how its files are called."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from zlib import crc32

from oppleo_flow.charging.selection import Selection
from oppleo_flow.charging.statement import Heading
from oppleo_flow.reports.document import Document
from oppleo_flow.reports.request import Format
from oppleo_flow.whole_file import write_whole

_ENDINGS: Final[Mapping[Format, str]] = {
    "xlsx": "xlsx",
    "pdf": "pdf",
    "csv": "csv",
    "csv-excel": "excel.csv",
}


def ending(kind: Format, document: Document) -> str:
    """Return how a file's name ends; the language is in it where it is not English."""
    language = document.say.language
    return _ENDINGS[kind] if language == "en" else f"{language}.{_ENDINGS[kind]}"


def draw(kind: Format, document: Document) -> bytes:
    """Return the file of a format; each library is imported only for its own."""
    return _drawer(kind)(document)


def _drawer(kind: Format) -> Callable[[Document], bytes]:
    if kind == "xlsx":
        from oppleo_flow.reports.xlsx import xlsx  # noqa: PLC0415

        return xlsx
    if kind == "pdf":
        from oppleo_flow.reports.pdf import pdf  # noqa: PLC0415

        return pdf
    from oppleo_flow.reports.csv_lines import (  # noqa: PLC0415
        csv_for_spreadsheets,
        csv_lines,
    )

    return csv_lines if kind == "csv" else csv_for_spreadsheets


def write_files(document: Document, folder: Path, drawn: Mapping[Format, bytes]) -> list[Path]:
    """Write `statement-…` or, of a preview, `preview-…` in a folder, and return the files.

    Raises:
        StoreError: One cannot be written.
    """
    of = document.statement.heading
    kind = "preview" if document.issued is None else "statement"
    stem = f"{kind}-{of.period}{selection_suffix(of.selection)}{_rules_suffix(of)}"
    paths = []
    for one, content in drawn.items():
        path = folder / f"{stem}.{ending(one, document)}"
        write_whole(path, content)
        paths.append(path)
    return paths


def _rules_suffix(of: Heading) -> str:
    """Return what tells the file by other rules than the site's from that by its own."""
    code = None if of.reimbursement is None else of.reimbursement.profile.code
    return "" if code == of.facts.profile else f"-{code}"


def selection_suffix(selection: Selection) -> str:
    """Return what tells the file of a selection from others; it has no sign that a path minds."""
    said = [name for _, name in selection.said]
    if not said:
        return ""
    slug = re.sub(r"[^a-z0-9]+", "-", " ".join(said).lower()).strip("-")
    return f"-{slug[:40]}-{crc32(selection.key.encode()):08x}"
