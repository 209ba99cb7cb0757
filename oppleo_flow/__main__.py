"""`python -m oppleo_flow`: the same as the command `oppleo-flow`."""

import sys
from pathlib import Path

from oppleo_flow.cli import main

if not sys.flags.safe_path:
    # `-m` lets the current folder come first, and a site has a folder `nodes` of its own.
    sys.path[0] = str(Path(__file__).parents[1])
sys.exit(main())
