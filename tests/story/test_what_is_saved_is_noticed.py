"""Files are saved while a car charges: new code runs by itself, a new flow is told of."""

from tests.story.test_code_is_reloaded import NODE

DOOR = "  door: {type: doorman, from: authorise.rejected}\n"


def test_code_that_is_saved_runs_and_a_flow_that_is_saved_waits_for_its_deploy(
    start, site, command, watch_pins
):
    settings = site / "oppleo.yaml"
    settings.write_text(f"{settings.read_text()}\nwatch:\n  every: 200ms\n")
    file = site / "nodes" / "doorman.py"
    file.write_text(NODE.format(word="no", says="no"))
    flow = site / "flows" / "charge-point.yaml"
    flow.write_text(flow.read_text().replace("\nnodes:\n", f"\nnodes:\n{DOOR}\n", 1))
    point = start()
    point.wait_until(lambda: point.level("session", "status"), "the session said how it is")
    point.pull("swipe", card="family")
    point.wait_until(lambda: (point.level("evse", "state") or {}).get("on"), "the switch closed")
    scope = watch_pins()

    file.write_text(NODE.format(word="never", says="ever"))
    point.read_output_until(f"new code is not let in: {file}:20: example 1: output 'word'")
    assert point.get("/ready")[0] == 503
    assert point.level("door", "word") == "no"

    file.write_text(NODE.format(word="never", says="never"))
    point.read_output_until("new code: doorman.py: restarts door")
    point.wait_until(lambda: point.level("door", "word") == "never", "the new code runs")
    tried = point.get("/api/v1/flow")[1]["code_tried"]
    assert (tried["files"], tried["faults"]) == (["doorman.py"], [])

    flow.write_text(flow.read_text().replace(DOOR, ""))
    point.read_output_until(
        "flows/charge-point.yaml: changed, and not deployed yet; `oppleo-flow deploy` does it"
    )
    assert point.get("/api/v1/flow")[1]["changed_on_disk"] == ["flows/charge-point.yaml"]
    done = command("deploy", "--site", str(site))
    assert (done.returncode, done.stdout.splitlines()[1]) == (0, "stops: door")
    scope.close()
    assert scope.switch_levels == {"low"}
