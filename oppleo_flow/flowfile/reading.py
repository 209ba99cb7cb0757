"""A file's text, or the finding that says why there is none."""

from pathlib import Path

from oppleo_flow.flowfile.findings import Finding
from oppleo_flow.flowfile.graph import Place
from oppleo_flow.flowfile.source import MAX_BYTES, too_large


def read_text(path: str | Path) -> str | Finding:
    """Return the text of a file; whatever prevents it is a finding."""
    file = Path(path)
    try:
        if file.exists() and not (file.is_file() or file.is_dir()):  # it may never end
            return _finding(path, "unreadable-file", "the file cannot be read: not a regular file")
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            return _finding(path, "too-large", too_large(file.stat().st_size))
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        message = f"the byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8"
        return _finding(path, "not-utf8", message, line, column)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return _finding(path, "unreadable-file", f"the file cannot be read: {reason}")
    except ValueError as error:  # a path with a NUL in it
        return _finding(path, "unreadable-file", f"the file cannot be read: {error}")


def _finding(path: str | Path, code: str, message: str, line: int = 1, column: int = 1) -> Finding:
    return Finding(code, "error", Place(str(path), line, column), message)
