"""What the exit codes mean; every `--help` prints them."""

OK = 0
FAILED = 1
USAGE = 2
REFUSED = 3
INTERRUPTED = 130  # 128 + SIGINT, as a shell counts

EXPLAINED = """\
exit codes: 0 done; 1 it failed, or `check` found errors; 2 wrong usage, or a flow or settings
that cannot be used; 3 refused, as when the site is already running"""
