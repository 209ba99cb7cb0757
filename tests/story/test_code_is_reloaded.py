"""A drop-in's code is changed while a car charges: its node restarts, and the switch stays."""

NODE = '''"""Name the card that was refused."""
from oppleo_flow import Example, Level, Node, NodeConfig
from oppleo_flow.payloads import Rejected


class Doorman(Node[NodeConfig]):
    """Name the card that was refused."""

    type_name = "doorman"
    word: Level[str]

    def start(self) -> None:
        """Say that it is there."""
        self.word.set("{word}")

    def on_message(self, card: Rejected) -> None:
        """Say no."""
        self.word.set("{word}!")

    examples = [Example(send=Rejected.sample(), expect={{"word": ["{word}", "{says}!"]}})]
'''


def test_new_code_runs_without_an_edge_on_the_switch_and_bad_code_does_not(
    start, site, command, watch_pins
):
    settings = site / "oppleo.yaml"
    settings.write_text(f"{settings.read_text()}\nwatch: {{code: off}}\n")
    file = site / "nodes" / "doorman.py"
    file.write_text(NODE.format(word="no", says="no"))
    flow = site / "flows" / "charge-point.yaml"
    node = "  door: {type: doorman, from: authorise.rejected}\n"
    flow.write_text(flow.read_text().replace("\nnodes:\n", f"\nnodes:\n{node}\n", 1))
    point = start()
    point.wait_until(lambda: point.level("session", "status"), "the session said how it is")
    point.pull("swipe", card="family")
    point.wait_until(lambda: (point.level("evse", "state") or {}).get("on"), "the switch closed")
    scope = watch_pins()

    file.write_text(NODE.format(word="never", says="ever"))
    refused = command("reload", "--site", str(site))
    assert refused.returncode == 1
    assert refused.stderr == (
        f"{file}:20: example 1: output 'word': expected 'never', 'ever!', got 'never', 'never!'\n"
        "nothing was reloaded; what ran before goes on running\n"
    )
    assert point.level("door", "word") == "no"

    file.write_text(NODE.format(word="never", says="never"))
    done = command("reload", "--site", str(site))
    assert (done.returncode, done.stdout.splitlines()[:2]) == (
        0,
        ["reloaded: doorman.py", "restarts: door: its code is new"],
    )
    point.wait_until(lambda: point.level("door", "word") == "never", "the new code runs")
    scope.close()
    assert scope.switch_levels == {"low"}
