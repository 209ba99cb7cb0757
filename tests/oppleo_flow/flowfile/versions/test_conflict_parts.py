"""What differs between two versions, and what keeps two changes apart, part by part."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.flowfile.versions.conflict_parts import clashes, differences
from oppleo_flow.flowfile.versions.merging import merge
from tests.oppleo_flow.flowfile.versions.test_merging import (
    BASE,
    FASTER,
    MAIN,
    MORE,
    NAMED,
    NAMES,
    NODES,
    flows,
    written,
)

SLOWER = BASE.replace("1h", "2h")
TICK = "  # every hour\n  tick: {type: schedule, every: 1h}"


def told(old, new):
    return [(one.part.called(MAIN), one.what) for one in differences(old, new)]


def test_a_part_that_both_changed_is_told_with_its_three_texts():
    (found,) = clashes(flows(BASE), flows(FASTER), flows(SLOWER))
    assert (found.part.id, found.part.node(MAIN)) == (f"{MAIN}:nodes.tick", "tick")
    assert (found.base, found.theirs) == (TICK, TICK.replace("1h", "1m"))
    assert found.mine == TICK.replace("1h", "2h")


def test_a_part_that_one_deleted_has_no_text_there():
    (found,) = clashes(flows(BASE), flows(BASE.replace(f"{TICK}\n", "")), flows(SLOWER))
    assert (found.base, found.theirs) == (TICK, None)


def test_what_cannot_be_read_clashes_as_a_file():
    (found,) = clashes(flows(BASE), flows("flow: ["), flows(SLOWER))
    assert (found.part.id, found.theirs, found.mine) == (MAIN, "flow: [", SLOWER)


def test_what_goes_together_clashes_nowhere():
    assert clashes(flows(BASE), flows(FASTER), flows(NAMED)) == ()


@pytest.mark.parametrize(
    ("new", "found"),
    [
        pytest.param(BASE, [], id="the same"),
        pytest.param(f"{BASE}\n\n", [], id="empty lines"),
        pytest.param(FASTER, [("tick", "changed")], id="changed"),
        pytest.param(MORE, [("more", "added")], id="added"),
        pytest.param(BASE.replace(f"{TICK}\n", ""), [("tick", "removed")], id="removed"),
        pytest.param(f"# house\n\n{BASE}", [("the head of the file", "changed")], id="head"),
        pytest.param(BASE.replace("[]", "[{}]"), [("tests", "changed")], id="a section"),
        pytest.param("flow: [", [(MAIN, "changed")], id="what cannot be read"),
    ],
)
def test_each_part_that_differs_is_told(new, found):
    assert told(flows(BASE), flows(new)) == found


def test_a_file_more_or_less_is_one_part():
    assert told(flows(BASE), flows(BASE, b=FASTER)) == [("flows/b.yaml", "added")]
    assert told(flows(BASE, b=FASTER), flows(BASE)) == [("flows/b.yaml", "removed")]


def test_a_part_that_only_moved_is_told_and_not_those_that_it_passed():
    five = written(dict.fromkeys("abcde", 1))
    assert told(flows(five), flows(written(dict.fromkeys("bcdea", 1)))) == [("a", "moved")]
    assert told(flows(five), flows(written(dict.fromkeys("aebcd", 1)))) == [("e", "moved")]


@given(old=NODES, new=NODES)
def test_the_parts_that_differ_are_the_nodes_that_differ(old, new):
    found = differences(flows(written(old)), flows(written(new)))
    said = {one.part.called(MAIN): one.what for one in found if one.what != "moved"}
    assert said == {
        name: "added" if name not in old else "removed" if name not in new else "changed"
        for name in NAMES
        if old.get(name) != new.get(name)
    }
    stayed = {one.part.called(MAIN) for one in found if one.what == "moved"}
    kept = [name for name in old if name in new and name not in stayed]
    assert kept == [name for name in new if name in old and name not in stayed] or any(
        name in said for name in kept
    )


@given(
    base=NODES,
    theirs=NODES,
    mine=NODES,
    sides=st.lists(st.sampled_from(["theirs", "mine"]), min_size=len(NAMES), max_size=len(NAMES)),
)
def test_each_clash_is_settled_by_the_side_that_has_it(base, theirs, mine, sides):
    three = [flows(written(nodes)) for nodes in (base, theirs, mine)]
    found = clashes(*three)
    prefer = {one.part.id: side for one, side in zip(found, sides, strict=False)}
    if clashes(*three, prefer):
        return  # no node would be left, and the section is no map any more
    after = differences(flows(written(theirs)), merge(*three, prefer))
    for one in after:
        assert one.what == "moved" or prefer.get(one.part.id) != "theirs", one
