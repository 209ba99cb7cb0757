"""Standard input, output and error, which code in this process has closed."""

import subprocess
import sys

PROGRAM = """
import os, sys
from oppleo_flow.cli.standard_files import StandardFiles

files = StandardFiles()
print(list(files.reopened()), flush=True)
for number in (0, 1, 2):
    os.close(number)
told = list(files.reopened())
print(told, sys.stdin.read(), flush=True)
print("heard", file=sys.stderr)
"""


def test_what_was_closed_is_open_again_and_told():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input="read", capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.splitlines(), done.stderr) == (
        0,
        ["[]", "['standard input', 'standard output', 'standard error'] read"],
        "heard\n",
    )


def test_a_process_that_was_started_without_one_goes_without():
    code = (
        "import os; os.close(0)\n"
        "from oppleo_flow.cli.standard_files import StandardFiles\n"
        "print(list(StandardFiles().reopened()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
