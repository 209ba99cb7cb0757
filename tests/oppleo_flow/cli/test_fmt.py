import stat
import subprocess
import sys

import pytest

from oppleo_flow.cli import main
from oppleo_flow.cli.text_file import alone_in
from tests.oppleo_flow.cli.waiting import until_opened

UNTIDY = "flow:  hello\nformat: 1\nnodes:\n    tick: {type: schedule, every: 10s} # é\n"
TIDY = "flow: hello\nformat: 1\nnodes:\n  tick: {type: schedule, every: 10s}  # é\n"


@pytest.fixture
def flows(site):
    for name, text in (("flows/a.yaml", UNTIDY), ("flows/b.yaml", TIDY), ("subflows/c.yaml", TIDY)):
        file = site / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
    return site / "flows"


def test_every_flow_and_subflow_of_a_site_is_formatted(flows, site, capsys):
    assert main(["fmt"]) == 0
    assert (flows / "a.yaml").read_text("utf-8") == TIDY
    assert capsys.readouterr().out.splitlines() == [
        f"{site}/flows/a.yaml: formatted",
        "1 file formatted, 2 files unchanged",
    ]
    assert main(["fmt"]) == 0
    assert capsys.readouterr().out == "0 files formatted, 3 files unchanged\n"


def test_a_check_names_the_files_and_changes_none(flows, capsys):
    assert main(["fmt", "--check", "flows/a.yaml", "flows"]) == 1
    assert (flows / "a.yaml").read_text("utf-8") == UNTIDY
    assert capsys.readouterr().out.splitlines() == [
        "flows/a.yaml: would be formatted",
        "1 file would be formatted, 1 file unchanged",
    ]
    assert main(["fmt", "--check", "flows/b.yaml"]) == 0


def test_a_diff_shows_what_would_change_and_changes_nothing(flows, capsys):
    assert main(["fmt", "--diff", "flows/a.yaml"]) == 0
    assert (flows / "a.yaml").read_text("utf-8") == UNTIDY
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        "--- flows/a.yaml",
        "+++ flows/a.yaml",
        "@@ -1,4 +1,4 @@",
        "-flow:  hello",
        "+flow: hello",
        " format: 1",
        " nodes:",
        "-    tick: {type: schedule, every: 10s} # é",
        "+  tick: {type: schedule, every: 10s}  # é",
    ]
    assert shown.err == "1 file would be formatted, 0 files unchanged\n"


def test_a_broken_file_is_told_and_the_others_are_formatted(flows, capsys):
    (flows / "b.yaml").write_text("nodes: [b\nc: d\n")
    assert main(["fmt", "flows"]) == 1
    assert (flows / "a.yaml").read_text("utf-8") == TIDY
    shown = capsys.readouterr()
    assert shown.err == "flows/b.yaml:1:8: '[' is not closed; add ']'; mend this first\n"
    assert shown.out.splitlines()[-1] == "1 file formatted, 0 files unchanged"


def test_line_breaks_rights_and_links_of_a_file_stay(flows):
    real = flows / "a.yaml"
    real.write_bytes(UNTIDY.replace("\n", "\r\n").encode())
    real.chmod(0o640)
    (flows / "link.yaml").symlink_to(real)
    assert main(["fmt", "flows/link.yaml"]) == 0
    assert real.read_bytes() == TIDY.replace("\n", "\r\n").encode()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert (flows / "link.yaml").is_symlink()
    assert sorted(file.name for file in flows.iterdir()) == ["a.yaml", "b.yaml", "link.yaml"]


def test_a_file_that_is_not_there_is_told(site, capsys):
    assert main(["fmt", "flows/z.yaml"]) == 2
    assert capsys.readouterr().err == (
        "oppleo-flow: flows/z.yaml: there is no such file; see `oppleo-flow fmt --help`\n"
    )


def test_a_file_that_is_being_edited_is_formatted_as_the_edit_leaves_it(flows, site):
    with alone_in(site):
        formatting = subprocess.Popen(
            [sys.executable, "-m", "oppleo_flow", "fmt", site], stdout=subprocess.PIPE, text=True
        )
        assert formatting.stdout is not None
        until_opened(site, 1, formatting.pid)
        (flows / "a.yaml").write_text(UNTIDY.replace("10s", "20s"), "utf-8")
    assert formatting.communicate()[0].splitlines()[-1] == "1 file formatted, 2 files unchanged"
    assert (flows / "a.yaml").read_text("utf-8") == TIDY.replace("10s", "20s")
