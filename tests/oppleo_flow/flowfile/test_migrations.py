import pytest

from oppleo_flow.flowfile.graph import Place
from oppleo_flow.flowfile.migrations import Migration

HEAD = "flow: f\nformat: 1\nvars: {most: 17}\nnodes:\n  n:\n    type: aged\n    from: flow.start\n"
SAVED = "this is written with the next save, and 'version: 3'"  # HEAD ends with line 7


@pytest.mark.parametrize(
    ("options", "findings"),
    [
        pytest.param("    limit_w: 5\n", [], id="up to date, without a word about versions"),
        pytest.param("    limit_w: 5\n    version: 3\n", [], id="up to date, and said so"),
        pytest.param("    limit: 5\n",
                     ["5:3: warning: n: its options are of version 1 of aged: 'limit_w' is new: "
                      f"5000.0, 'limit' is gone; {SAVED}"], id="of the first version"),
        pytest.param("    limit_w: 5\n    card: 04A1\n    version: 2\n",
                     ["5:3: warning: n: its options are of version 2 of aged: 'cards' is new: "
                      f"['04A1'], 'card' is gone; {SAVED}"], id="of the version before"),
        pytest.param("    limit_w: 5\n    password: hunter2\n",
                     ["5:3: warning: n: its options are of version 1 of aged: 'password' is now "
                      f"'key'; {SAVED}",
                      "9:15: warning: n: 'key' is a secret, and stands here for all to read; put "
                      "it into secrets.yaml, and write '!secret key' here"],
                     id="an option with another name"),
        pytest.param("    limit_w: 5\n    colour: red\n",
                     ["5:3: warning: n: its options are of version 1 of aged: 'colour' is gone; "
                      f"{SAVED}"], id="an option that is gone"),
        pytest.param("    limit: $(most)\n",
                     ["5:3: warning: n: its options are of version 1 of aged: 'limit_w' is new: "
                      f"17000.0, 'limit' is gone; {SAVED}"], id="a variable"),
        pytest.param("    limit: lots\n",
                     ["5:3: n: aged cannot bring its options from version 1 to 3: ValueError: "
                      "could not convert string to float: 'lots'; mend that node type, or write "
                      "the options that it has now, with 'version: 3'"],
                     id="a migration that fails"),
        pytest.param("    limit_w: 5\n    version: 4\n",
                     ["9:14: n: 'version' is 4, and aged here has version 3; "
                      "update what provides it"], id="a newer version"),
        pytest.param("    limit_w: 5\n    version: 0\n",
                     ["9:14: n: 'version' must be at least 1, got 0"], id="no version"),
        pytest.param("    limit: -5\n",
                     ["5:3: n: 'limit_w' must be more than 0, got -5000.0",
                      "5:3: warning: n: its options are of version 1 of aged: 'limit_w' is new: "
                      f"-5000.0, 'limit' is gone; {SAVED}"],
                     id="a value that is wrong after all"),
        pytest.param("    limit_w: 5\n    password: [a]\n",
                     ["5:3: warning: n: its options are of version 1 of aged: 'password' is now "
                      f"'key'; {SAVED}", "9:15: n: 'key' must be text, got a list"],
                     id="what is wrong under another name keeps its place"),
        pytest.param("    limit_w: 5\n    version: 3\n    card: 04A1\n",
                     ["10:5: n: 'card' is not an option of aged; did you mean 'cards'?"],
                     id="an old name in a new version"),
    ],
)  # fmt: skip
def test_options_of_an_older_version_are_brought_up_to_date(headlines, options, findings) -> None:
    assert headlines(HEAD + options) == findings


def test_the_graph_has_the_options_of_the_version_that_is_here(check) -> None:
    result = check(HEAD + "    limit: 5\n    card: 0412345\n")
    config = result.graph.nodes["n"].config
    assert (config.limit_w, config.cards) == (5000.0, ["0412345"])


def test_a_save_is_told_what_to_write(check) -> None:
    result = check(HEAD + "    limit: 5\n    password: !secret prowl_key\n    colour: red\n")
    assert result.migrations == (
        Migration(
            Place("f.yaml", 5, 3),
            version=3,
            renamed={"password": "key"},
            changed={"limit_w": 5000.0},
            removed=("limit", "colour"),
        ),
    )


def test_a_secret_is_shown_to_no_migration_and_still_arrives(check) -> None:
    result = check(HEAD + "    limit: 5\n    password: !secret prowl_key\n")
    assert result.graph.nodes["n"].config.key.get_secret_value() == "hunter2-hunter2"


def test_a_connection_is_brought_up_to_date_too(check) -> None:
    result = check(
        "flow: f\nformat: 1\nconnections:\n  old: {type: worn, device: x}\n"
        "nodes:\n  m: {type: meter, bus: old}\n"
    )
    assert [w.headline() for w in result.warnings] == [
        "f.yaml:4:3: warning: old: its options are of version 1 of worn: 'device' is now 'port'; "
        "this is written with the next save, and 'version: 2'"
    ]
    assert result.graph.connections["old"].config.port == "x"


SUBFLOW = """\
flow: f
format: 1
subflows:
  two:
    params: {most: {type: int}, colour: {type: str, default: red}}
    in: {go: FlowStarted}
    nodes:
      n: {type: aged, from: in.go, OPTIONS}
nodes:
  here: {type: flow:two, from: flow.start, most: 17}
  there: {type: flow:two, from: flow.start, most: 16}
"""


@pytest.mark.parametrize(
    ("options", "told"),
    [
        pytest.param(
            "limit: $(most)",
            "'limit_w' is new: 17000.0, 'limit' is gone; 'limit' is '17' for '$(most)' here, as "
            "one instance has it, so no save writes this; write it into the subflow, with "
            "'version: 3'",
            id="a new value made of a parameter",
        ),
        pytest.param(
            'card: "$(most)-04A1", limit_w: 5',
            "'cards' is new: ['17-04A1'], 'card' is gone; 'card' is '17-04A1' for '$(most)-04A1' "
            "here, as one instance has it, so no save writes this; write it into the subflow, "
            "with 'version: 3'",
            id="a new value with a parameter in it",
        ),
    ],
)
def test_what_an_instance_is_given_is_not_written_over_the_parameter(check, options, told) -> None:
    result = check(SUBFLOW.replace("OPTIONS", options))
    assert result.migrations == ()
    (first, *_) = [one for one in result.warnings if one.code == "migrated"]
    assert first.message == f"its options are of version 1 of aged: {told}"


def test_each_instance_runs_with_what_it_is_given_in_the_new_form(check) -> None:
    result = check(SUBFLOW.replace("OPTIONS", "limit: $(most)"))
    limits = {name: node.config.limit_w for name, node in result.graph.nodes.items()}
    assert limits == {"here.n": 17000.0, "there.n": 16000.0}


@pytest.mark.parametrize(
    ("options", "written"),
    [
        pytest.param("limit: 5", {"changed": {"limit_w": 5000.0}}, id="that is in the subflow"),
        pytest.param(
            "limit_w: 5, password: $(most)",
            {"renamed": {"password": "key"}},
            id="a parameter under another name",
        ),
        pytest.param(
            "limit_w: $(most), colour: $(colour)", {"removed": ("colour",)}, id="that is gone"
        ),
    ],
)
def test_what_all_instances_have_is_written_into_the_subflow(check, options, written) -> None:
    migrations = {m.place: m for m in check(SUBFLOW.replace("OPTIONS", options)).migrations}
    (migration,) = migrations.values()
    assert {name: getattr(migration, name) for name in written} == written
