"""`oppleo-flow record`: what happens in the running flow, written to a file to be played again."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from oppleo_flow.cli.command import PROGRAM, add_site
from oppleo_flow.cli.exit_codes import FAILED, OK
from oppleo_flow.cli.folder import site_folder
from oppleo_flow.cli.listening import RuntimeGone, add_time, lines_from, seconds_of
from oppleo_flow.cli.running import Running
from oppleo_flow.engine.recorder import end
from oppleo_flow.errors import Refused, StoreError

EXAMPLES = (
    (
        "record -o monday.ndjson",
        "until Ctrl-C: every message, and the frames of the devices",
    ),
    ("record garage -o ten.ndjson --for 10m", "ten minutes of another site"),
    ("record -o day.ndjson --for 1d --no-frames", "a day, without the frames: a smaller file"),
)
_EXPLAINED = f"""\
Write down what happens in the running flow, to look at it or to `{PROGRAM} replay` it: every
message that leaves an output, every fault that comes and goes, every output that is made safe, and
what goes to and fro between the drivers and their devices (Modbus frames, cards, levels of pins).

The file has one JSON object a line.  The first says what it is a recording of; each other has its
`kind`: held (a level when the recording began), message, fault, clear, safe, frame, lost, end.  It
is readable at any moment, also when the recorder is killed.  The flow never waits for it: what
could not be written in time is missing, and a line `lost` says how much.  Values of secrets are
replaced by their names.
"""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.description = _EXPLAINED
    add_site(parser)
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path, required=True, help="the new file to write"
    )
    add_time(parser, "record")
    parser.add_argument(
        "--no-frames", action="store_true", help="leave out what goes to and from the devices"
    )


def run(args: argparse.Namespace) -> int:
    """Record until the time is over, or until told to stop; say what was recorded."""
    for_s = seconds_of(args.time, "record")
    running = Running(site_folder(args.site))
    path = "/recording?frames=no" if args.no_frames else "/recording"
    tally: Counter[str] = Counter()
    gone: RuntimeGone | None = None
    with closing(lines_from(running, path, for_s)) as lines:
        first = next(lines)  # a runtime that refuses leaves no file behind
        with _new(args.output) as file:
            file.write(first)
            _say(f"{args.output}: recording; {_until(args.time)}")
            why = f"{args.time} are over"
            try:
                _write(lines, file, tally)
            except KeyboardInterrupt:
                why = "told to stop"
            except RuntimeGone as error:
                gone, why = error, str(error)
            except OSError as error:
                raise StoreError(f"{args.output}: {error.strerror}; it ends here") from error
            if not tally["end"]:
                file.write(end(why, datetime.now(UTC)))
    print(f"{args.output}: {_told(tally)}")
    if gone is not None:
        _say(str(gone))
        return FAILED
    return OK


def _new(path: Path) -> TextIO:
    """Return a new file, of which each line is written at once."""
    try:
        return path.open("x", encoding="utf-8", buffering=1)
    except FileExistsError:
        raise Refused(f"{path}: is there already; name a new file, or move it away") from None


def _until(time_given: str | None) -> str:
    return "Ctrl-C ends it" if time_given is None else f"for {time_given}, Ctrl-C ends it before"


def _write(lines: Iterator[str], file: TextIO, tally: Counter[str]) -> None:
    for line in lines:
        if not line.strip():  # a sign of life
            continue
        found = json.loads(line)
        file.write(line)
        tally[found["kind"]] += found["count"] if found["kind"] == "lost" else 1


def _told(tally: Counter[str]) -> str:
    parts = [f"{tally['message']} messages", f"{tally['frame']} frames"]
    if tally["lost"]:
        parts.append(f"{tally['lost']} lost, because they came faster than they could be written")
    return ", ".join(parts)


def _say(text: str) -> None:
    print(f"{PROGRAM}: {text}", file=sys.stderr)
