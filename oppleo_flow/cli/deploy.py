"""`oppleo-flow deploy`: another version of a flow runs, and only what changed restarts."""

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from oppleo_flow.cli.command import add_site_option
from oppleo_flow.cli.exit_codes import FAILED, OK
from oppleo_flow.cli.folder import site_folder
from oppleo_flow.cli.running import Running, RuntimeRefused
from oppleo_flow.errors import ConfigError
from oppleo_flow.flowfile.findings import Finding
from oppleo_flow.flowfile.graph import Place
from oppleo_flow.flowfile.reading import read_text
from oppleo_flow.store.audit import this_user

EXAMPLES = (
    ("deploy", "what is in the flow's files now runs, without a restart of the rest"),
    ("deploy --preview", "what would restart and why, and which outputs keep their level"),
    ("deploy draft.yaml --why 'charge by night'", "another text of the flow, which is then kept"),
)
_DOES = ("restarted", "added", "removed", "rewired", "reopened")
DEPLOY_S = 90.0  # as long as nodes may take to stop and to start


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        help="one of the flow's files, or a new text of it (default: all as they are on the disk)",
    )
    parser.add_argument("--preview", action="store_true", help="only tell what it would do")
    parser.add_argument(
        "--why", metavar="TEXT", default="", help="one line for `oppleo-flow versions`"
    )
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="write over what was changed on the disk and not deployed",
    )
    add_site_option(parser)


def run(args: argparse.Namespace) -> int:
    """Deploy, or tell what a deploy would do."""
    folder = site_folder(args.site)
    running = Running(folder)
    shown = running.get("/flow")
    draft: dict[str, Any] = {}
    if args.file is not None:
        draft["files"] = {_name(Path(args.file), folder, shown): _text(Path(args.file))}
    method, path = ("POST", "/flow/preview") if args.preview else ("PUT", "/flow")
    if not args.preview:
        draft |= {"who": f"{this_user()} (command)", "why": args.why, "overwrite": args.overwrite}
    try:
        done = running.ask(method, path, draft, revision=str(shown["revision"]), timeout_s=DEPLOY_S)
    except RuntimeRefused as refused:
        found = [finding_of(one).render() for one in refused.problem.get("findings", ())]
        found += refused.problem.get("faults", ())
        if not found:
            raise
        print("\n\n".join(found), file=sys.stderr)
        return FAILED
    if not args.preview:
        if _is_as_before(shown, done):
            print(f"nothing changed: version {done['version']} runs")
            return OK
        print(f"version {done['version']} runs")
    print("\n".join((*_of_code(done), *told(done["changes"]))))
    return OK


def _is_as_before(shown: Mapping[str, Any], done: Mapping[str, Any]) -> bool:
    """Return whether neither what runs nor a file is another than it was."""
    same = done["revision"] == shown["revision"] and not any(done["changes"][key] for key in _DOES)
    return same and not (shown["changed_on_disk"] or done["code"] or done["code_faults"])


def _of_code(done: Mapping[str, Any]) -> Iterator[str]:
    """Yield in words what becomes of new code of the site's own nodes."""
    if done["code"]:
        yield f"takes in new code: {', '.join(done['code'])}"
    for fault in done["code_faults"]:
        yield f"leaves out new code: {fault}"


def told(changes: Mapping[str, Any]) -> Iterator[str]:
    """Yield in words what a deploy changes."""
    for node in changes["restarted"]:
        yield f"restarts: {node['node']}: {node['why']}"
    for key, words in (
        ("added", "starts"),
        ("removed", "stops"),
        ("rewired", "goes on with other wires"),
        ("reopened", "connection reopens"),
    ):
        for name in changes[key]:
            yield f"{words}: {name}"
    if any(changes[key] for key in _DOES):
        for node in changes["keep_level"]:
            yield f"keeps its level: {node}"
    else:
        yield "nothing changes in what runs"


def finding_of(data: Mapping[str, Any]) -> Finding:
    """Return a finding that was told as JSON."""
    return Finding(
        code=data["code"],
        severity=data["severity"],
        place=Place(data["file"], data["line"], data["column"]),
        message=data["message"],
        node=data["node"],
        source=data["source"],
        instances=tuple(data["instances"]),
    )


def _name(file: Path, folder: Path, shown: Mapping[str, Any]) -> str:
    """Return which of the flow's files a file is; any other is a new text of the flow itself."""
    absolute = file.resolve()
    name = str(absolute.relative_to(folder) if absolute.is_relative_to(folder) else absolute)
    return name if name in shown["files"] else str(shown["main"])


def _text(file: Path) -> str:
    text = read_text(file)
    if isinstance(text, Finding):
        raise ConfigError(text.headline())
    return text
