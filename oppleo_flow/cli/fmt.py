"""`oppleo-flow fmt`: flow files in the one form that all have; their data and comments stay."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from oppleo_flow.cli.command import UsageError
from oppleo_flow.cli.exit_codes import FAILED, OK
from oppleo_flow.cli.flow_files import folder_of
from oppleo_flow.cli.folder import SETTINGS, default_folder, site_folder
from oppleo_flow.cli.text_file import alone_in, difference, write_text
from oppleo_flow.errors import Refused
from oppleo_flow.flowfile import Finding
from oppleo_flow.flowfile.editing import FlowText, formatted
from oppleo_flow.flowfile.reading import read_text

EXAMPLES = (
    ("fmt", "format every flow and subflow of this site"),
    ("fmt flows/charge-point.yaml", "format one file"),
    ("fmt --check", "change nothing, and fail if a file has another form, for a commit hook"),
    ("fmt --diff", "change nothing, and show what would change"),
)


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="*",
        type=Path,
        help="a flow file, or a folder of a site or of flows (default: $OPPLEO_SITE, else this "
        "folder)",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if a file would change"
    )
    parser.add_argument(
        "--diff", action="store_true", help="write nothing; print what would change"
    )


def run(args: argparse.Namespace) -> int:
    """Format the files; one that cannot be read is told, and the others are formatted."""
    files = list(dict.fromkeys(_files(args.paths)))
    changed: list[Path] = []
    broken = 0
    for file in files:
        try:
            with alone_in(folder_of(file)):
                if _format(file, args):
                    changed.append(file)
        except Refused as refused:
            print(refused, file=sys.stderr)
            broken += 1
    _tell(changed, len(files) - len(changed) - broken, args)
    return FAILED if broken or (args.check and changed) else OK


def _format(file: Path, args: argparse.Namespace) -> bool:
    """Format a file, or say how it would be; return whether it has another form.

    Raises:
        Refused: It cannot be read.
    """
    old, new = _both(file)
    if new == old:
        return False
    if args.diff:
        print(difference(str(file), old.text, new.text), end="")
    elif not args.check:
        write_text(file, new.text)
    return True


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the files that a command line means."""
    for path in paths or [site_folder(str(default_folder()))]:
        if path.is_dir():
            folders = [path / "flows", path / "subflows"] if _is_site(path) else [path]
            yield from (file for folder in folders for file in sorted(folder.glob("*.yaml")))
        elif path.exists():
            yield path
        else:
            raise UsageError(f"{path}: there is no such file", "fmt")


def _is_site(folder: Path) -> bool:
    return (folder / SETTINGS).is_file()


def _both(file: Path) -> tuple[FlowText, FlowText]:
    """Return a file's text as it is and as it should be."""
    text = read_text(file)
    if isinstance(text, Finding):
        raise Refused(text.headline())
    old = FlowText(text, str(file))
    return old, formatted(old)


def _tell(changed: Sequence[Path], same: int, args: argparse.Namespace) -> None:
    """Name the files, and say how many there are."""
    would = "would be formatted" if args.check or args.diff else "formatted"
    if not args.diff:
        for file in changed:
            print(f"{file}: {would}")
    told = f"{_number(len(changed))} {would}, {_number(same)} unchanged"
    print(told, file=sys.stderr if args.diff else sys.stdout)


def _number(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'}"
