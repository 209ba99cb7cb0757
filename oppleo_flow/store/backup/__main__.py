"""The child process that makes a backup: it reads what is asked for from stdin, as JSON."""

import sys

from oppleo_flow.child import answer
from oppleo_flow.store.backup.making import make_backup
from oppleo_flow.store.backup.request import BackupRequest

NICENESS = 15

if __name__ == "__main__":
    request = BackupRequest.parse(sys.stdin.read())
    sys.exit(answer("backup", lambda: make_backup(request), niceness=NICENESS))
