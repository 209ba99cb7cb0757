"""Any sequence of edits: the data is as intended, all else stays to the byte, undo restores."""

import re

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.editing import (
    Edited,
    FlowText,
    Secret,
    apply,
    edit_as_json,
    edit_from_json,
)
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.mending import split_lines
from oppleo_flow.flowfile.source import parse
from oppleo_flow.flowfile.tree import Scalar, Value, YamlList, YamlMap
from tests.oppleo_flow.flowfile.editing.flow_files import Model, flows, texts
from tests.oppleo_flow.flowfile.editing.random_edits import Case, case

COMMENT = re.compile(r"c[0-9]+c")


def says(value: Value | None) -> Model:
    match value:
        case YamlMap():
            return {name: says(entry.value) for name, entry in value.entries.items()}
        case YamlList():
            return [says(item) for item in value.items]
        case Scalar(secret=True):
            return Secret(value.text)
        case Scalar():
            return value.text
    return None


def read(text: str) -> Model:
    report = Report("f", split_lines(text))
    root = parse(text, report)
    assert report.findings() == ()
    return says(root)


def in_order(model: Model) -> str:
    """The order of a map's keys is part of what it says."""
    return repr(model)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
def test_after_any_edits_the_flow_says_what_was_intended_and_undo_restores_it(data):
    model = data.draw(flows())
    text = FlowText(data.draw(texts(model)))
    assert in_order(read(text.text)) == in_order(model)
    done: list[tuple[FlowText, Edited]] = []
    for _ in range(data.draw(st.integers(1, 6))):
        if not model["nodes"]:
            break
        step = case(data.draw, model)
        assert edit_from_json(edit_as_json(step.edit)) == step.edit or "!secret" in str(
            edit_as_json(step.edit)
        )
        try:
            edited = apply(step.edit, text)
        except Refused as refused:
            if not may_refuse(step, text.text, str(refused)):
                raise
            continue
        assert in_order(read(edited.text.text)) == in_order(step.after), step
        check_what_stays(step, text.text, edited)
        done.append((text, edited))
        text, model = edited.text, step.after
    for before, edited in reversed(done):
        assert text == edited.text
        text = apply(edited.inverse, text).text
        assert text == before


def may_refuse(step: Case, text: str, why: str) -> bool:
    """Whether this is one of the two forms that cannot be edited, and the edit said so."""
    if step.kind == "move" and "a comment stands between" in why:
        return True
    return "cannot be edited safely" in why and has_deep_comment(text)


def has_deep_comment(text: str) -> bool:
    """Whether a comment is indented more than what follows it: a text above could swallow it."""
    below = 0
    for line in reversed(split_lines(text)):
        column = len(line) - len(line.lstrip(" "))
        if line.strip().startswith("#") and column > below:
            return True
        below = column if line.strip() and not line.strip().startswith("#") else below
    return False


def check_what_stays(step: Case, before: str, edited: Edited) -> None:
    """Check that the lines outside of what an edit is about are as they were."""
    after = edited.text.text
    if step.kind in ("move", "rename", "add", "set-leaf"):
        assert comments(before) == comments(after)
    if step.kind == "move" and not in_braces(before, step.touched):
        assert sorted(full_lines(before)) == sorted(full_lines(after))
    elif step.kind == "rename":
        assert len(split_lines(before)) == len(split_lines(after))
        for old, new in zip(split_lines(before), split_lines(after), strict=True):
            assert old == new or step.edit.path[-1] in old
    elif edited.changed is not None:
        first, last = lines_of(before, step.touched)
        first -= not before.endswith(("\n", "\r"))  # the line that becomes the last one has no end
        lines = split_lines(before)
        lines_after = split_lines(after)
        for number, line in enumerate(lines, 1):
            if number < edited.changed.first:
                assert lines_after[number - 1] == line
            elif number > edited.changed.before:
                assert (
                    lines_after[number - edited.changed.before + edited.changed.after - 1] == line
                )
            elif line.strip():
                assert first <= number <= last, (step, number, first, last)


def comments(text: str) -> set[str]:
    return set(COMMENT.findall(text))


def full_lines(text: str) -> list[str]:
    return [line.rstrip("\r\n") for line in split_lines(text) if line.strip()]


def composed(text: str) -> yaml.Node:
    return yaml.compose(text.removeprefix("\ufeff"), Loader=yaml.CSafeLoader)


def in_braces(text: str, path: tuple) -> bool:
    """Whether a map is written in braces, or within some: what is in there shares a line."""
    node = composed(text)
    for name in path:
        if node.flow_style:
            return True
        node = next(value for key, value in node.value if key.value == name)
    return bool(node.flow_style)


def lines_of(text: str, path: tuple) -> tuple[int, int]:
    """The lines that a part has, counted from 1.

    Of a part that is not there, or that is in braces with others, they are those of its map.
    """
    text = text.removeprefix("\ufeff")
    node = composed(text)
    first, last = 1, len(split_lines(text))
    for name in path:
        if isinstance(node, yaml.MappingNode):
            found = [(k.start_mark.line + 1, v) for k, v in node.value if k.value == name]
        elif isinstance(node, yaml.SequenceNode) and name < len(node.value):
            above = last_line(node.value[name - 1], text) if name else node.start_mark.line
            found = [(above + 1, node.value[name])]  # the dash may stand above the item
        else:
            found = []
        if not found or node.flow_style or len(node.value) == 1:
            break
        first, node = found[0]
        last = last_line(node, text)
    return first, last


def last_line(node: yaml.Node, text: str) -> int:
    """The last line of a part, with the comments right below it."""
    is_block = isinstance(node, yaml.CollectionNode) and not node.flow_style
    line = node.end_mark.line + (node.end_mark.column > 0 and not is_block)
    lines = split_lines(text)
    while line < len(lines) and lines[line].strip().startswith("#"):
        line += 1
    return line
