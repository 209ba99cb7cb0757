"""What the exit codes mean; every `--help` prints them."""

OK = 0
FAILED = 1
USAGE = 2
REFUSED = 3
INTERRUPTED = 130  # 128 + SIGINT, as a shell counts

EXPLAINED = (
    "exit codes: 0 done; 1 it failed; 2 wrong usage, or an error in a flow or in the settings; "
    "3 refused, as when the site is already running"
)
