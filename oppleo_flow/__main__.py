"""`python -m oppleo_flow`: the same as the command `oppleo-flow`."""

import sys

from oppleo_flow.cli import main

sys.exit(main())
