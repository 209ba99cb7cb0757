"""Two people change the same flow: what goes together, and what does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.flowfile.editing.document import Document
from oppleo_flow.flowfile.versions.flow_set import FlowSet
from oppleo_flow.flowfile.versions.merging import Conflict, merge

MAIN = "flows/a.yaml"
BASE = """\
# my flow
flow: a
format: 1

nodes:
  # every hour
  tick: {type: schedule, every: 1h}

  show:
    type: debug
    from: tick

tests: []
"""


def flows(text, **others):
    return FlowSet(MAIN, {MAIN: text, **{f"flows/{n}.yaml": t for n, t in others.items()}})


def merged(theirs, mine, base=BASE):
    return merge(flows(base), flows(theirs), flows(mine)).text


FASTER = BASE.replace("1h", "1m")
NAMED = BASE.replace("    from: tick", "    from: tick\n    name: shown")
MORE = BASE.replace("    from: tick\n", "    from: tick\n  more: {type: debug, from: tick}\n")


def test_changes_of_different_nodes_go_together_to_the_letter():
    assert merged(FASTER, NAMED) == FASTER.replace(
        "    from: tick", "    from: tick\n    name: shown"
    )


@pytest.mark.parametrize(("theirs", "mine"), [(FASTER, MORE), (MORE, FASTER)])
def test_a_node_more_goes_with_a_changed_one(theirs, mine):
    assert merged(theirs, mine) == MORE.replace("1h", "1m")


def test_the_node_above_one_that_was_added_can_be_changed_by_the_other():
    text = merged(MORE, NAMED)
    assert "name: shown\n  more:" in text
    assert text == merged(NAMED, MORE)


def test_both_may_add_a_node_at_the_same_place():
    other = MORE.replace("more:", "other:")
    data = Document(merged(MORE, other), MAIN).data
    assert list(data["nodes"]) == ["tick", "show", "other", "more"]


def test_a_node_that_one_deletes_is_gone_and_the_change_of_the_other_stays():
    less = BASE.replace("  show:\n    type: debug\n    from: tick\n\n", "\n")
    assert merged(less, FASTER) == less.replace("1h", "1m")
    assert merged(FASTER, less) == less.replace("1h", "1m")


def test_a_section_that_one_adds_goes_with_a_changed_node():
    added = BASE.replace("nodes:", "connections:\n  bus: {type: serial-bus}\n\nnodes:")
    assert merged(added, FASTER) == added.replace("1h", "1m")


def test_the_order_of_the_side_that_moved_a_node_is_kept():
    head, tail = BASE.partition("nodes:\n")[::2]
    body, rest = tail.partition("tests:")[::2]
    first, second = body.split("\n\n", 1)
    moved = f"{head}nodes:\n{second}{first}\n\ntests:{rest}"
    for theirs, mine in ((moved, FASTER), (FASTER, moved)):
        assert list(Document(merged(theirs, mine), MAIN).data["nodes"]) == ["show", "tick"]
        assert "1m" in merged(theirs, mine)


def test_the_same_change_by_both_is_no_conflict():
    assert merged(FASTER, FASTER) == FASTER


@pytest.mark.parametrize(
    ("theirs", "mine", "parts"),
    [
        pytest.param(FASTER, BASE.replace("1h", "2h"), ("tick",), id="an option of one node"),
        pytest.param(
            FASTER,
            BASE.replace("  # every hour\n  tick: {type: schedule, every: 1h}\n", ""),
            ("tick",),
            id="one changes what the other deletes",
        ),
        pytest.param(
            MORE, MORE.replace("more: {type: debug", "more: {type: show"), ("more",), id="new"
        ),
        pytest.param(
            BASE.replace("tests: []", "tests: [{}]"),
            BASE.replace("tests: []", "tests: 3"),
            ("tests",),
            id="a section that is a whole",
        ),
        pytest.param("flow: [", FASTER, (MAIN,), id="a text that cannot be read"),
        pytest.param(
            MORE,
            BASE.partition("nodes:")[0] + "nodes: {tick: {type: schedule, every: 1h}}\n",
            (MAIN,),
            id="the other writes all nodes on a line",
        ),
    ],
)
def test_what_both_changed_otherwise_is_named(theirs, mine, parts):
    with pytest.raises(Conflict) as told:
        merged(theirs, mine)
    assert told.value.parts == parts


def test_a_conflict_says_what_to_do():
    with pytest.raises(Conflict) as told:
        merge(
            flows(BASE, b=BASE),
            flows(FASTER, b=FASTER),
            flows(BASE.replace("1h", "2h"), b=BASE.replace("1h", "3h")),
        )
    assert told.value.parts == ("tick", "b/tick")
    assert str(told.value) == (
        "'tick', 'b/tick': changed by another deploy since; look at that version and change it anew"
    )


def test_each_may_change_a_file_of_its_own():
    base = flows(BASE, b=BASE)
    got = merge(base, flows(FASTER, b=BASE), flows(BASE, b=NAMED))
    assert got == flows(FASTER, b=NAMED)


def test_another_flow_altogether_does_not_go_together():
    with pytest.raises(Conflict):
        merge(flows(BASE), FlowSet("flows/b.yaml", {"flows/b.yaml": BASE}), flows(FASTER))


NAMES = ["a", "b", "c", "d", "e"]
NODES = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 3), min_size=1)


def written(nodes):
    lines = [
        f"  # about {name}\n  {name}:\n    every: {number}\n" for name, number in nodes.items()
    ]
    return f"flow: a\nnodes:\n{''.join(lines)}"


def said(nodes):
    return {name: {"every": str(number)} for name, number in nodes.items()}


def outcome(base, theirs, mine):
    """Return the nodes of a merge, or the names in conflict."""
    try:
        text = merged(written(theirs), written(mine), written(base))
    except Conflict as told:
        return set(told.parts)
    found = Document(text, MAIN).data["nodes"]
    return {name: int(node["every"]) for name, node in found.items()}


@given(base=NODES, theirs=NODES, mine=NODES)
def test_a_merge_has_what_each_side_changed_and_nothing_else(base, theirs, mine):
    clashes, left = set(), {}
    for name in NAMES:
        before, one, other = (side.get(name) for side in (base, theirs, mine))
        value = other if one == before else one
        if one not in (before, other) and other != before:
            clashes.add(name)
        elif value is not None:
            left[name] = value
    if left or clashes:
        assert outcome(base, theirs, mine) == (clashes or left)


@given(base=NODES, theirs=NODES, mine=NODES, side=st.sampled_from(["theirs", "mine"]))
def test_what_both_changed_is_as_the_side_says_that_is_preferred(base, theirs, mine, side):
    three = [flows(written(nodes)) for nodes in (base, theirs, mine)]
    clashing = outcome(base, theirs, mine)
    names = clashing if isinstance(clashing, set) else set()
    wanted = {}
    for name in NAMES:
        before, one, other = (each.get(name) for each in (base, theirs, mine))
        value = (one if side == "theirs" else other) if name in names else other
        value = one if other == before and name not in names else value
        if value is not None:
            wanted[name] = value
    if not wanted:
        return
    text = merge(*three, {f"{MAIN}:nodes.{name}": side for name in names}).text
    found = Document(text, MAIN).data["nodes"]
    assert {name: int(node["every"]) for name, node in found.items()} == wanted


@pytest.mark.parametrize("side", ["theirs", "mine"])
def test_a_file_of_which_one_side_is_preferred_is_as_that_side_has_it(side):
    texts = {"theirs": "flow: [", "mine": FASTER}
    got = merge(flows(BASE), *(flows(text) for text in texts.values()), {MAIN: side})
    assert got.text == texts[side]


@pytest.mark.parametrize(("side", "files"), [("theirs", {MAIN}), ("mine", {MAIN, "flows/b.yaml"})])
def test_a_file_that_one_side_has_no_more_is_gone_if_that_is_preferred(side, files):
    three = flows(BASE, b=BASE), flows(BASE), flows(BASE, b=FASTER)
    with pytest.raises(Conflict) as told:
        merge(*three)
    assert told.value.parts == ("flows/b.yaml",)
    assert set(merge(*three, {"flows/b.yaml": side}).files) == files


def test_what_is_preferred_changes_nothing_that_is_no_conflict():
    prefer = {f"{MAIN}:nodes.tick": "mine", f"{MAIN}:nodes.show": "theirs"}
    assert merge(flows(BASE), flows(FASTER), flows(NAMED), prefer) == flows(merged(FASTER, NAMED))


def test_a_node_called_as_a_section_and_files_called_the_same_are_told_apart():
    base = BASE.replace("show:", "tests:")
    texts = (base, base.replace("type: debug", "type: a"), base.replace("type: debug", "type: b"))
    one, other = "subflows/b.yaml", "flows/b.yaml"
    three = [
        FlowSet(MAIN, {MAIN: base.replace("tests: []", f"tests: {number}"), one: text, other: text})
        for number, text in enumerate(texts)
    ]
    with pytest.raises(Conflict) as told:
        merge(*three)
    assert told.value.parts == ("tests", "b/tests", "b/tests")
    ids = [part.id for part in told.value.of]
    assert ids == [f"{MAIN}:tests", f"{one}:nodes.tests", f"{other}:nodes.tests"]
    assert [part.node(MAIN) for part in told.value.of] == [None, "b/tests", "b/tests"]
    got = merge(*three, dict(zip(ids, ["theirs", "mine", "theirs"], strict=True)))
    assert (got.files[one], got.files[other]) == (texts[2], texts[1])
    assert "tests: 1" in got.text
