"""`oppleo-flow reload`: the site's own nodes run with the code that their files hold now."""

import argparse
import sys

from oppleo_flow.cli.command import add_site_option
from oppleo_flow.cli.deploy import finding_of, told
from oppleo_flow.cli.exit_codes import FAILED, OK
from oppleo_flow.cli.folder import site_folder
from oppleo_flow.cli.running import Running, RuntimeRefused

EXAMPLES = (
    ("reload", "try what changed in the folder `nodes/`, and restart the nodes made of it"),
)
_RELOAD_S = 300.0  # a file that hangs is given its time, and a node to stop and to start


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_site_option(parser)


def run(args: argparse.Namespace) -> int:
    """Have the running runtime take in new code, and say what it did."""
    running = Running(site_folder(args.site))
    try:
        done = running.ask("POST", "/flow/reload", {}, timeout_s=_RELOAD_S)
    except RuntimeRefused as refused:
        problem = refused.problem
        lines = [finding_of(one).render() for one in problem.get("findings", ())]
        lines += problem.get("faults", ())
        if not lines:
            raise
        lines.append("nothing was reloaded; what ran before goes on running")
        print("\n".join(lines), file=sys.stderr)
        return FAILED
    if not done["files"]:
        print("no file of the folder nodes/ has changed")
        return OK
    print(f"reloaded: {', '.join(done['files'])}")
    print("\n".join(told(done["changes"])))
    return OK
