"""Places for nodes that have none: never over each other, and the same each time."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.webui.frontend.typescript import running

CODE = """
import { arrange } from "src/pages/flow/arrange";
export const places = (nodes, wires, fixed) =>
  Object.fromEntries(arrange(nodes, wires, new Map(Object.entries(fixed))));
"""
GRID = 20


@pytest.fixture(scope="module")
def arrange(tmp_path_factory):
    with running(CODE, tmp_path_factory.mktemp("arrange")) as script:

        def arrange(nodes, wires=(), fixed=None):
            told = [{"from": one, "to": other} for one, other in wires]
            found = script.call("places", nodes, told, fixed or {})
            return {name: tuple(place) for name, place in found.items()}

        yield arrange


def named(*names):
    return [{"id": name, "width": 140, "height": 50} for name in names]


def boxes(nodes, places):
    return {
        one["id"]: (x, y, x + one["width"], y + one["height"])
        for one in nodes
        for x, y in [places[one["id"]]]
    }


def overlapping(nodes, places, *, but=()):
    """Return the pairs of nodes that stand over each other; not those that were put there."""
    return [
        (one, other)
        for (one, a), (other, b) in combinations(boxes(nodes, places).items(), 2)
        if not (one in but and other in but)
        and a[0] < b[2]
        and b[0] < a[2]
        and a[1] < b[3]
        and b[1] < a[3]
    ]


@st.composite
def flows(draw, *, most=14):
    """Draw nodes of many sizes, wires between any of them, and places for some."""
    count = draw(st.integers(1, most))
    sizes = st.tuples(st.integers(20, 400), st.integers(20, 200))
    nodes = [
        {"id": f"n{at}", "width": width, "height": height}
        for at, (width, height) in enumerate(draw(st.lists(sizes, min_size=count, max_size=count)))
    ]
    ids = st.sampled_from([one["id"] for one in nodes])
    wires = draw(st.lists(st.tuples(ids, ids), max_size=3 * count))
    anywhere = st.tuples(st.integers(-300, 2000), st.integers(-300, 1000))
    return nodes, wires, draw(st.dictionaries(ids, anywhere, max_size=count))


@given(flow=flows())
def test_nodes_never_overlap_whatever_has_a_place_and_whatever_is_wired(arrange, flow):
    nodes, wires, fixed = flow
    places = arrange(nodes, wires, fixed)

    assert places.keys() == {one["id"] for one in nodes} - fixed.keys()
    assert overlapping(nodes, places | fixed, but=fixed) == []
    assert all(x % GRID == y % GRID == 0 and x >= 0 and y >= 0 for x, y in places.values())


@given(flow=flows(), again=st.randoms(use_true_random=False))
def test_the_places_are_the_same_each_time_in_whichever_order_wires_are_told(arrange, flow, again):
    nodes, wires, fixed = flow
    shuffled = again.sample(wires, len(wires))

    assert arrange(nodes, shuffled, fixed) == arrange(nodes, wires, fixed)


@given(flow=flows())
def test_a_node_that_was_moved_stays_where_it_is_and_the_others_find_room(arrange, flow):
    nodes, wires, _ = flow
    first = arrange(nodes, wires)
    moved = {nodes[0]["id"]: (first[nodes[-1]["id"]][0] + 7, first[nodes[-1]["id"]][1] + 3)}
    others = arrange(nodes, wires, moved)

    assert nodes[0]["id"] not in others
    assert overlapping(nodes, others | moved) == []


@given(flow=flows())
def test_wires_go_right_where_no_circle_is(arrange, flow):
    nodes, wires, _ = flow
    box = boxes(nodes, arrange(nodes, wires))
    reached = {one["id"]: reaching(one["id"], wires) for one in nodes}

    for one, other in wires:
        if one not in reached[other]:
            assert box[one][2] < box[other][0]


def reaching(start, wires):
    """Return all that can be reached from a node, itself included."""
    found, waiting = {start}, [start]
    while waiting:
        at = waiting.pop()
        further = {other for one, other in wires if one == at} - found
        found |= further
        waiting += further
    return found


def test_a_chain_is_one_straight_line_from_left_to_right(arrange):
    places = arrange(named("c", "a", "b"), [("a", "b"), ("b", "c")])

    assert places["a"][0] < places["b"][0] < places["c"][0]
    assert len({y for _, y in places.values()}) == 1


def test_a_wire_that_leads_back_leaves_the_rest_from_left_to_right(arrange):
    wires = [("a", "b"), ("b", "c"), ("c", "a")]
    places = arrange(named("a", "b", "c"), wires)

    assert places["a"][0] < places["b"][0] < places["c"][0]


def test_a_wire_of_a_node_to_itself_or_to_one_that_is_not_there_counts_for_nothing(arrange):
    nodes = named("a", "b")

    assert arrange(nodes, [("a", "a"), ("a", "gone"), ("gone", "b")]) == arrange(nodes)


def test_of_two_that_could_change_places_the_first_in_the_file_stands_higher(arrange):
    wires = [("source", "z"), ("source", "a")]
    places = arrange(named("source", "z", "a"), wires)

    assert places["z"][1] < places["a"][1]
    assert places["z"][1] < places["source"][1] < places["a"][1]


def test_wires_that_need_not_cross_do_not(arrange):
    wires = [("a", "y"), ("b", "x")]
    joined = [*wires, ("x", "end"), ("y", "end")]
    places = arrange(named("a", "b", "x", "y", "end"), joined)

    assert (places["a"][1] < places["b"][1]) == (places["y"][1] < places["x"][1])


def test_a_long_wire_keeps_a_lane_between_the_nodes_that_it_passes(arrange):
    wires = [("a", "b"), ("b", "c"), ("a", "c")]
    nodes = named("a", "b", "c")
    box = boxes(nodes, arrange(nodes, wires))
    level = (box["a"][1] + box["a"][3]) / 2

    assert not box["b"][1] < level < box["b"][3]


def test_a_new_node_stands_right_of_what_leads_to_it_or_left_of_what_it_leads_to(arrange):
    fixed = {"there": (600, 400)}
    places = arrange(
        named("there", "after", "before"), [("there", "after"), ("before", "there")], fixed
    )

    assert places == {"after": (820, 400), "before": (380, 400)}


def test_what_is_wired_to_nothing_stands_below_all_that_has_a_place(arrange):
    fixed = {"there": (600, 400)}
    places = arrange(named("there", "one", "other"), [], fixed)

    assert {y for _, y in places.values()} == {500}
    assert places["one"] < places["other"]


def test_places_of_nodes_that_are_not_there_take_no_room(arrange):
    assert arrange(named("a"), [], {"gone": (40, 40)}) == arrange(named("a"))


def test_nothing_has_no_places(arrange):
    assert arrange([]) == {}


def test_five_thousand_nodes_have_places_of_their_own(arrange):
    nodes = named(*(f"n{at}" for at in range(5000)))
    wires = [(f"n{at}", f"n{at + step}") for at in range(4990) for step in (1, 7)]
    placed = sorted(arrange(nodes, wires).values())

    assert len(set(placed)) == 5000
    columns = {x for x, _ in placed}
    assert all(
        lower - upper >= nodes[0]["height"]
        for column in columns
        for upper, lower in zip(
            [y for x, y in placed if x == column],
            [y for x, y in placed if x == column][1:],
            strict=False,
        )
    )
