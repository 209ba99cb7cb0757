"""`oppleo-flow _runtime`: the child of the guardian, in which a flow runs.

What follows is imported in steps, because a start has two processors: the simulated world starts
while the engine and the web server are still being imported.
"""

import argparse
import gc
import os
import sys
from contextlib import ExitStack
from pathlib import Path

from oppleo_flow.cli import run as run_command
from oppleo_flow.cli.wanted_restore import do_wanted
from oppleo_flow.guardian import crashed_before

EXAMPLES = (("_runtime garage", "what `oppleo-flow run` starts; not for people"),)


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("site", metavar="SITE")
    run_command.add_options(parser)
    parser.add_argument("--quarantine", metavar="NODE", action="append", default=[])
    parser.add_argument("--last-good", action="store_true")


def run(args: argparse.Namespace) -> int:
    """Run the flow until told to stop; return why it ended."""
    # Nearly all that is made while it starts stays; `life` collects once, when it runs.
    gc.disable()
    # No plug-in of pydantic's is ours, and to look for some takes as long as a check of the flow.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    os.chdir(args.site)
    from oppleo_flow.cli.kept_check import KeptCheck  # noqa: PLC0415
    from oppleo_flow.cli.site import Site  # noqa: PLC0415

    folder = Path(args.site)
    restored = do_wanted(folder)
    kept = KeptCheck(folder, args)
    recalled = None if crashed_before() or args.last_good else kept.recall()
    if recalled is None:
        site = Site.load(folder, simulate=args.simulate)
    else:
        site = Site(folder, recalled.settings, simulate=args.simulate)
    with ExitStack() as ending:
        world = None
        if site.simulate:
            from oppleo_flow.cli.simulation import WorldProcess  # noqa: PLC0415

            world = WorldProcess(lives_with=os.getppid())
            ending.callback(world.end)
        from oppleo_flow.cli.life import run_flow  # noqa: PLC0415

        if restored is not None:
            from oppleo_flow.cli.audit_trail import note  # noqa: PLC0415

            note(site, "restore", restored)
            print(f"oppleo-flow: {restored}", file=sys.stderr)
        return run_flow(site, args, kept, recalled, world)
