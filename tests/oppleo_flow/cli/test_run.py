import json
import os
import signal
import urllib.request

import pytest

from oppleo_flow.cli import main
from oppleo_flow.flowfile.versions import FlowSet, History
from tests.oppleo_flow.cli.running_site import (
    HELLO,
    PATIENCE_S,
    REPOSITORY,
    RUNS,
    running,
    runtime_of,
    said,
    shown,
    start,
)


@pytest.fixture
def site(site):
    with (site / "oppleo.yaml").open("a") as settings:
        settings.write("web: {port: 0}\n")
    (site / "flows").mkdir()
    (site / "flows" / "charge-point.yaml").write_text(HELLO)
    return site


def test_a_site_runs_serves_its_page_and_stops_cleanly(site):
    with running() as (guardian, url):
        with urllib.request.urlopen(f"{url}ready") as answer:
            assert answer.status == 200
        assert main(["dead-letters", "list"]) == 0  # a command finds it, whatever its port
        guardian.send_signal(signal.SIGINT)
        rest, errors = guardian.communicate(timeout=PATIENCE_S)
    assert rest == "hello has stopped, its outputs are at their safe level\n"
    assert said(errors) == []
    assert guardian.returncode == 0


def test_a_start_after_which_nothing_has_changed_is_not_checked_again(site):
    log = site / ".oppleo" / "log" / "oppleo-flow.log"
    unchanged = "nothing has changed since the last start"
    with running():
        pass
    assert unchanged not in log.read_text()
    with running():
        pass
    assert log.read_text().count(unchanged) == 1


def test_a_second_run_of_a_site_is_refused_and_names_the_first(site):
    with running() as (guardian, _), start() as second:
        _, errors = second.communicate(timeout=PATIENCE_S)
    assert second.returncode == 3
    assert errors == (
        f"oppleo-flow: {site}: runs already, as process {guardian.pid}; stop that one first\n"
    )


def test_a_flow_with_errors_never_starts(site):
    flow = site / "flows" / "charge-point.yaml"
    flow.write_text(HELLO.replace("from: tick", "from: tikc"))
    with start() as guardian:
        shown, errors = guardian.communicate(timeout=PATIENCE_S)
    assert (shown, guardian.returncode) == ("", 2)
    assert said(errors) == [
        f"{flow}:5:29: show: there is no node 'tikc'; did you mean 'tick'?",
        "     5 |   show: {type: debug, from: tikc}",
        "       |                             ^",
    ]


def test_a_simulated_run_that_is_refused_says_only_why(site):
    flow = site / "flows" / "charge-point.yaml"
    flow.write_text(HELLO.replace("from: tick", "from: tikc"))
    with start("--simulate") as guardian:
        shown, errors = guardian.communicate(timeout=PATIENCE_S)
    assert (shown, guardian.returncode) == ("", 2)
    assert errors == (
        f"{flow}:5:29: show: there is no node 'tikc'; did you mean 'tick'?\n"
        "     5 |   show: {type: debug, from: tikc}\n"
        "       |                             ^\n"
    )


def test_a_node_of_an_unknown_type_is_named_and_the_rest_runs(site):
    flow = site / "flows" / "charge-point.yaml"
    flow.write_text(HELLO.replace("debug", "debgu"))
    with running() as (guardian, url):
        state = json.loads(shown(site, url, "api/v1/state"))
        nodes = {node["id"]: node["faults"] for node in state["nodes"]}
        guardian.terminate()
        _, errors = guardian.communicate(timeout=PATIENCE_S)
    text = "unknown node type 'debgu'; did you mean 'debug'?"
    assert nodes["tick"] == []
    assert [(fault["code"], fault["text"]) for fault in nodes["show"]] == [("missing-type", text)]
    assert said(errors) == [f"oppleo-flow: {flow}:5:16: warning: show: {text}"]


def test_a_refused_run_names_the_unknown_types_too(site):
    flow = site / "flows" / "charge-point.yaml"
    flow.write_text(HELLO.replace("from: tick", "from: tikc").replace("schedule", "shedule"))
    with start() as guardian:
        _, errors = guardian.communicate(timeout=PATIENCE_S)
    assert guardian.returncode == 2
    assert [line for line in said(errors) if line.startswith(str(site))] == [
        f"{flow}:4:16: warning: tick: unknown node type 'shedule'; did you mean 'schedule'?",
        f"{flow}:5:29: show: there is no node 'tikc'; did you mean 'tick'?",
    ]


def test_a_variable_that_the_flow_does_not_have_cannot_be_set(site):
    flow = site / "flows" / "charge-point.yaml"
    flow.write_text(HELLO.replace("1h", "$(period:-1h)"))
    with start("--set", "perod=2h") as guardian:
        shown, errors = guardian.communicate(timeout=PATIENCE_S)
    assert (shown, guardian.returncode) == ("", 2)
    assert said(errors)[0] == (
        f"{flow}:1:1: the flow has no variable 'perod' to set; did you mean 'period'?"
    )


def test_broken_node_files_that_no_flow_names_are_told_at_the_start(site):
    nodes = site / "nodes"
    nodes.mkdir()
    (nodes / "mine.py").write_text("import sys\nimport nowhere_at_all\n")
    (nodes / "used.py").write_text("import nowhere_either\n")
    flow = site / "flows" / "charge-point.yaml"
    flow.write_text(HELLO.replace("type: debug", "type: used"))
    with running() as (guardian, _):
        guardian.terminate()
        _, errors = guardian.communicate(timeout=PATIENCE_S)
    assert said(errors) == [
        f"oppleo-flow: {flow}:5:16: warning: show: type 'used' cannot be used: {nodes}/used.py:1: "
        "ModuleNotFoundError: No module named 'nowhere_either'; mend that file",
        f"oppleo-flow: {nodes}/mine.py:2: ModuleNotFoundError: No module named 'nowhere_at_all'",
    ]


@pytest.mark.parametrize("port", ["65536", "-1", "http", "٣"])
def test_a_port_that_cannot_be_is_wrong_usage(site, capsys, port):
    assert main(["run", "--port", port]) == 2
    assert capsys.readouterr().err == (
        f"oppleo-flow: argument --port: a number from 0 to 65535 is needed, got {port!r}; "
        "see `oppleo-flow run --help`\n"
    )


def test_strict_refuses_a_node_of_an_unknown_type(site):
    flow = site / "flows" / "charge-point.yaml"
    flow.write_text(HELLO.replace("debug", "debgu"))
    with start("--strict") as guardian:
        _, errors = guardian.communicate(timeout=PATIENCE_S)
    assert guardian.returncode == 2
    assert said(errors)[0] == (
        f"{flow}:5:16: show: unknown node type 'debgu'; did you mean 'debug'?"
    )


def test_wrong_settings_are_one_line(site):
    (site / "oppleo.yaml").write_text("format: 1\n")
    with start() as guardian:
        _, errors = guardian.communicate(timeout=PATIENCE_S)
    assert guardian.returncode == 2
    assert errors == (
        f"oppleo-flow: {site}/oppleo.yaml:1:1: 'charge_point' is missing; "
        "add 'charge_point: …' (Who this charge point is) "
        "(and 3 more; `oppleo-flow check` shows all)\n"
    )


def test_a_killed_runtime_starts_again_with_the_last_version_that_ran(site):
    with running() as (guardian, _):
        (site / "flows" / "charge-point.yaml").write_text("flow: [\n")
        os.kill(runtime_of(guardian), signal.SIGKILL)
        assert RUNS.fullmatch(guardian.stdout.readline().rstrip())
        guardian.terminate()
        _, errors = guardian.communicate(timeout=PATIENCE_S)
    assert said(errors)[0].startswith("oppleo-flow guardian: the runtime was ended by SIGKILL; ")
    assert said(errors)[-1] == (
        "oppleo-flow: flows/charge-point.yaml was changed and not deployed; "
        "version 1, which ran, runs again"
    )


def test_another_flow_of_the_site_can_be_run(site):
    other = site / "flows" / "other.yaml"
    (site / "flows" / "charge-point.yaml").rename(other)
    with running("--flow", "flows/other.yaml"):
        (version,) = History(site / ".oppleo" / "history").versions()
    assert version.flows == FlowSet("flows/other.yaml", {"flows/other.yaml": HELLO})
    assert (version.who, version.why) == ("run", "started from the files")


def test_a_port_that_is_taken_is_named(site):
    with running() as (_, url):
        port = url.rstrip("/").rpartition(":")[2]
        other = site / "other"
        other.mkdir()
        (other / "oppleo.yaml").write_text((site / "oppleo.yaml").read_text())
        (site / "flows").rename(other / "flows")
        with start(str(other), "--port", port) as second:
            _, errors = second.communicate(timeout=PATIENCE_S)
    assert second.returncode == 2
    assert errors == (
        f"oppleo-flow: web: port {port}: something listens there already; "
        "stop it, or choose another port\n"
    )


def test_a_state_file_that_cannot_be_used_ends_the_first_start(site):
    (site / ".oppleo" / "state.sqlite").mkdir(parents=True)
    with start() as guardian:
        shown, errors = guardian.communicate(timeout=PATIENCE_S)
    assert (shown, guardian.returncode) == ("", 3)
    assert errors.startswith(f"oppleo-flow: {site}/.oppleo/state.sqlite: ")
    assert len(said(errors)) == 1


def test_strict_refuses_to_run_when_hardware_is_missing(site):
    flow = site / "flows" / "charge-point.yaml"
    bus = "connections:\n  rs485: {type: serial-bus, port: /dev/none}\n"
    flow.write_text(
        HELLO.replace("nodes:\n", f"{bus}nodes:\n  meter: {{type: modbus-meter, bus: rs485}}\n")
    )
    with start("--strict") as guardian:
        shown, errors = guardian.communicate(timeout=PATIENCE_S)
    assert guardian.returncode == 3
    assert said(errors)[0].startswith("oppleo-flow: meter: fault not-started: ")
    assert said(errors)[-1] == (
        "oppleo-flow: not everything could start, and --strict was asked for"
    )
    assert shown == "hello has stopped, its outputs are at their safe level\n"


def test_without_hardware_the_rest_runs_and_says_what_is_missing(site):
    flow = site / "flows" / "charge-point.yaml"
    bus = "connections:\n  rs485: {type: serial-bus, port: /dev/none}\n"
    flow.write_text(
        HELLO.replace("nodes:\n", f"{bus}nodes:\n  meter: {{type: modbus-meter, bus: rs485}}\n")
    )
    with running() as (guardian, _):
        missing = "oppleo-flow: meter: fault not-started: "
        assert any(line.startswith(missing) for line in iter(guardian.stderr.readline, ""))


def test_a_real_site_can_be_simulated_once_without_touching_its_ledger(site):
    flow = site / "flows" / "charge-point.yaml"
    flow.write_text((REPOSITORY / "flows" / "charge-point.yaml").read_text())
    with start("--simulate", "--port", "0") as guardian:
        seeded, announced = guardian.stdout.readline(), guardian.stdout.readline()
        guardian.send_signal(signal.SIGINT)
        rest, _ = guardian.communicate(timeout=PATIENCE_S)
    assert seeded.startswith("the simulated ledger knows the cards 'family' (04A1B2C3) and ")
    assert announced.startswith("charge-point runs on simulated hardware: http://127.0.0.1:")
    assert rest == "charge-point has stopped, its outputs are at their safe level\n"
    assert guardian.returncode == 0
    kept = [path.relative_to(site).as_posix() for path in site.rglob("*.sqlite")]
    assert sorted(kept) == [
        ".oppleo/audit.sqlite",  # who did what, marked as simulated
        ".oppleo/simulated/ledger.sqlite",
        ".oppleo/simulated/state.sqlite",
    ]
