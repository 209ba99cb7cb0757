"""What a step changes in the text."""

from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.editing import block_patches, flow_patches
from oppleo_flow.flowfile.editing.document import Collection, Document, Slot
from oppleo_flow.flowfile.editing.splices import Splice
from oppleo_flow.flowfile.editing.steps import Add, Drop, Replace, Respell, Shift, Step
from oppleo_flow.flowfile.editing.values import Data, Path, Quoted
from oppleo_flow.flowfile.editing.writing import key_text, quoted
from oppleo_flow.flowfile.tree import Scalar


def patch(doc: Document, step: Step) -> list[Splice]:
    """Return what a step puts in the place of what.

    Raises:
        Refused: The text has a form in which the step cannot be done safely.
    """
    match step:
        case Respell():
            return _respell(doc, step)
        case Add():
            return _add(doc, step)
        case Replace() | Drop() | Shift():
            return _change(doc, step)


def _change(doc: Document, step: Replace | Drop | Shift) -> list[Splice]:
    among, slot = _found(doc, step.path)
    in_block = doc.style(among) == "block" if isinstance(step, Replace) else _is_block(doc, among)
    match step:
        case Replace(path=path, value=value) if in_block:
            return block_patches.replace(doc, slot, value, path)
        case Replace(value=value):
            return flow_patches.replace(doc, slot, value)
        case Drop():
            drop = block_patches.drop if in_block else flow_patches.drop
            return drop(doc, among, slot)
        case Shift(index=index):
            shift = block_patches.shift if in_block else flow_patches.shift
            return shift(doc, among, slot, index)


def _found(doc: Document, path: Path) -> tuple[Collection, Slot]:
    among = doc.value_at(path[:-1])
    if isinstance(among, Scalar):
        raise KeyError(path[-1])
    return among, doc.slot(among, path[-1])


def _is_block(doc: Document, value: Collection) -> bool:
    style = doc.style(value)
    if style == "pair":
        line = doc.line_of(value.start.offset) + 1
        raise Refused(
            f"{doc.file}:{line}: a map without braces in a list; put braces around it first"
        )
    return style == "block"


def _add(doc: Document, step: Add) -> list[Splice]:
    into = doc.value_at(step.into)
    if isinstance(into, Scalar):
        raise KeyError(step.name)
    name = step.index if step.name is None else step.name
    if _is_block(doc, into):
        return block_patches.add(doc, into, step.into, step.index, name, step.value)
    return flow_patches.add(doc, into, step.index, name, step.value)


def _respell(doc: Document, step: Respell) -> list[Splice]:
    splices: list[Splice] = []
    for path, key in step.keys.items():
        slot = _found(doc, path)[1]
        if slot.key is None:
            raise KeyError(path[-1])
        raw = doc.raw(slot.key)
        text = quoted(key, raw[0]) if raw[0] in "'\"" else key_text(key)
        start = slot.key.start.offset
        splices.append(Splice(start, start + len(raw), text))
    for path, word in step.words.items():
        old = doc.value_at(path)
        value: Data = word if isinstance(old, Scalar) and old.plain else Quoted(word)
        splices += patch(doc, Replace(path, value))
    return splices
