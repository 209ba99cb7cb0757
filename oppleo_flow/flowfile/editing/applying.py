"""An edit of a text gives a new text, what undoes it, and the lines that it changed."""

from collections.abc import Iterator, Mapping

from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.editing.edits import Edit, FollowRename, RenamePart, Restore, Together
from oppleo_flow.flowfile.editing.flow_text import (
    Changed,
    FlowText,
    changed_lines,
    common_end,
    common_start,
)
from oppleo_flow.flowfile.editing.mentions import NoTypes, Types, ports
from oppleo_flow.flowfile.editing.performing import Performer
from oppleo_flow.flowfile.editing.working_text import WorkingText
from oppleo_flow.immutable import immutable


@immutable
class Edited:
    """The new text, the edit that makes the old one of it again, and what changed."""

    text: FlowText
    inverse: Restore
    changed: Changed | None


def apply(edit: Edit, text: FlowText, types: Types | None = None) -> Edited:
    """Return what an edit makes of a text: the data as before plus the edit, nothing else.

    `types` tells which options name connections; without it a connection that may be mentioned
    in one cannot be renamed.

    Raises:
        Refused: The edit cannot be done to this text; the message says why.
    """
    if isinstance(edit, Restore):
        return _edited(text, _restored(edit, text))
    work = WorkingText(text)
    Performer(work, types or NoTypes()).perform(edit)
    return _edited(text, work.finished)


def apply_across(
    edit: Edit, file: str, texts: Mapping[str, FlowText], types: Types | None = None
) -> dict[str, Edited]:
    """Return what an edit of one of several texts changes in all of them, by their keys.

    Raises:
        Refused: The edit cannot be done; then no text is to be changed.
    """
    changed = {file: apply(edit, texts[file], types)}
    follow = Together(tuple(_following(edit, texts[file])))
    for other, text in texts.items():
        if other != file and follow.edits:
            edited = apply(follow, text, types)
            if edited.changed is not None:
                changed[other] = edited
    return changed


def renamed_nodes(edit: Edit) -> Iterator[tuple[str, str]]:
    """Yield the nodes of the flow itself that an edit gives other names, with these."""
    match edit:
        case RenamePart(path=("nodes", str(old)), to=to):
            yield old, to
        case Together(edits=edits):
            for one in edits:
                yield from renamed_nodes(one)


def _following(edit: Edit, text: FlowText) -> Iterator[FollowRename]:
    """Yield what an edit of one file means to others."""
    match edit:
        case RenamePart(path=("nodes" | "connections" as part, str(old)), to=to):
            data = WorkingText(text).data
            if "subflow" not in data:
                yield FollowRename(text.flow, part, old, to)
            elif part == "nodes" and old not in ports(data, ()):
                yield FollowRename(text.flow, "inside", old, to)
        case Together(edits=edits):
            for one in edits:
                yield from _following(one, text)


def _restored(edit: Restore, text: FlowText) -> FlowText:
    if text.revision != edit.revision:
        raise Refused(f"{text.file}: the file was changed since; what was to be undone is gone")
    before, after = text.text[: edit.start], text.text[edit.start + edit.length :]
    return FlowText(before + edit.text + after, text.file)


def _edited(old: FlowText, new: FlowText) -> Edited:
    start = common_start(old.text, new.text)
    end = common_end(old.text, new.text, min(len(old.text), len(new.text)) - start)
    replaced = old.text[start : len(old.text) - end]
    inverse = Restore(new.revision, start, len(new.text) - end - start, replaced)
    return Edited(new, inverse, changed_lines(old.text, new.text))
