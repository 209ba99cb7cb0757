"""Random edits of a flow, each with what the flow says afterwards.

What an edit means is told here by plain dicts and lists, without any text.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from oppleo_flow.flowfile.editing import (
    AddPart,
    AddSource,
    ChangeSource,
    DeletePart,
    Edit,
    MovePart,
    RemoveSource,
    RenamePart,
    Secret,
    SetDisabled,
    SetOption,
    UnsetOption,
)
from tests.oppleo_flow.flowfile.editing.flow_files import (
    IDS,
    KEYS,
    Draw,
    Model,
    froms,
    leaves,
    values,
)
from tests.oppleo_flow.flowfile.editing.flow_files import nodes as node_bodies

Path = tuple[Any, ...]
NODE_STEPS = ("send", "expect", "expect_none", "fail")


@dataclass(frozen=True)
class Case:
    """An edit, what the flow says after it, and the part of the file that it may touch."""

    edit: Edit
    after: Model
    touched: Path
    kind: str


def at(model: Model, path: Path) -> Model:
    for name in path:
        model = model[name]
    return model


def paths(model: Model, path: Path = ()) -> Iterator[Path]:
    yield path
    if isinstance(model, dict | list):
        for name, inner in model.items() if isinstance(model, dict) else enumerate(model):
            yield from paths(inner, (*path, name))


def option_paths(model: Model) -> list[Path]:
    """Where options are; `from` has edits of its own."""
    return [
        path
        for path in paths(model)
        if (path[:1] in (("nodes",), ("connections",)) and len(path) > 2 and path[2] != "from")
        or (path[:1] == ("subflows",) and len(path) > 4 and path[4] != "from")
    ]


def case(draw: Draw[Any], model: Model) -> Case:
    """Return one edit of a flow that can be done."""
    for _ in range(30):
        made = draw(st.sampled_from(_KINDS))(draw, copy.deepcopy(model))
        if made is not None:
            return made
    return _set_doc(draw, copy.deepcopy(model))


def _set_doc(draw: Draw[Any], model: Model) -> Case:
    text = draw(st.sampled_from(["new", "of two\nlines", ""]))
    model.pop("doc", None) if "doc" not in model else None
    after: Model = {}
    for key, value in model.items():
        after[key] = value
        if key == "format" and "doc" not in model:
            after["doc"] = text
    after["doc"] = text
    return Case(SetOption(("doc",), text), after, ("doc",), "set")


def _set_leaf(draw: Draw[Any], model: Model) -> Case | None:
    found = [path for path in option_paths(model) if isinstance(at(model, path), str | Secret)]
    return _set_at(draw, model, found, leaves, "set-leaf")


def _set_any(draw: Draw[Any], model: Model) -> Case | None:
    found = [path for path in option_paths(model) if path[-1] != "type"]
    return _set_at(draw, model, found, values, "set")


def _set_from(draw: Draw[Any], model: Model) -> Case | None:
    ids = list(model["nodes"])
    found = [("nodes", name, "from") for name in ids if "from" in model["nodes"][name]]
    return _set_at(draw, model, found, froms(ids), "set")


def _set_at(
    draw: Draw[Any], model: Model, found: list[Path], new: st.SearchStrategy[Model], kind: str
) -> Case | None:
    if not found:
        return None
    path, value = draw(st.sampled_from(found)), draw(new)
    at(model, path[:-1])[path[-1]] = value
    return Case(SetOption(path, value), model, path, kind)


def _set_new(draw: Draw[Any], model: Model) -> Case | None:
    maps = [path for path in option_paths(model) if isinstance(at(model, path), dict)]
    maps += [("nodes", name) for name in model["nodes"]]
    path = draw(st.sampled_from(maps))
    fresh = [key for key in KEYS if key not in at(model, path)]
    if not fresh:
        return None
    key, value = draw(st.sampled_from(fresh)), draw(values)
    at(model, path)[key] = value
    return Case(SetOption((*path, key), value), model, path, "add")


def _set_deep(draw: Draw[Any], model: Model) -> Case | None:
    name = draw(st.sampled_from(list(model["nodes"])))
    if "when_busy" in model["nodes"][name]:
        return None
    value = draw(values)
    model["nodes"][name]["when_busy"] = {"per": {"x": value}}
    path = ("nodes", name, "when_busy", "per", "x")
    return Case(SetOption(path, value), model, path[:2], "add")


def _append(draw: Draw[Any], model: Model) -> Case | None:
    found = [path for path in option_paths(model) if isinstance(at(model, path), list)]
    if not found:
        return None
    path, value = draw(st.sampled_from(found)), draw(values)
    items = at(model, path)
    index = draw(st.integers(0, len(items)))
    items.insert(index, value)
    return Case(AddPart((*path, index), value), model, path, "add")


def _unset(draw: Draw[Any], model: Model) -> Case | None:
    found = [path for path in option_paths(model) if path[-1] != "type"]
    if not found:
        return None
    path = draw(st.sampled_from(found))
    del at(model, path[:-1])[path[-1]]
    return Case(UnsetOption(path), model, path, "drop")


def _section(draw: Draw[Any], model: Model) -> Path:
    found = [(name,) for name in ("nodes", "connections", "vars") if model.get(name)]
    if model.get("subflows", {}).get("f", {}).get("nodes"):
        found.append(("subflows", "f", "nodes"))
    return draw(st.sampled_from(found))


def _add_part(draw: Draw[Any], model: Model) -> Case | None:
    section = _section(draw, model)
    names = list(at(model, section))
    name = draw(st.sampled_from(IDS))
    if name in names:
        return None
    body = draw(leaves if section == ("vars",) else node_bodies(["meter"]))
    anchor = draw(st.sampled_from(names))
    where = draw(st.sampled_from(["after", "before", "end"]))
    place = {"after": names.index(anchor) + 1, "before": names.index(anchor), "end": len(names)}
    _reorder(model, section, [*names[: place[where]], name, *names[place[where] :]], {name: body})
    beside = {} if where == "end" else {where: anchor}
    return Case(AddPart((*section, name), body, **beside), model, section, "add")


def _reorder(model: Model, section: Path, order: list[str], new: Model) -> None:
    whole = at(model, section)
    parts = {**whole, **new}
    whole.clear()
    whole.update({name: parts[name] for name in order})


def _delete_part(draw: Draw[Any], model: Model) -> Case | None:
    section = _section(draw, model)
    name = draw(st.sampled_from(list(at(model, section))))
    del at(model, section)[name]
    return Case(DeletePart((*section, name)), model, (*section, name), "drop")


def _delete_with_wires(draw: Draw[Any], model: Model) -> Case | None:
    name = draw(st.sampled_from(list(model["nodes"])))
    for node in model["nodes"].values():
        if "from" in node:
            left = _without(node["from"], name)
            if left is None:
                del node["from"]
            else:
                node["from"] = left
    del model["nodes"][name]
    return Case(DeletePart(("nodes", name), unwire=True), model, ("nodes",), "rewire")


def _without(value: Model, name: str) -> Model | None:
    if isinstance(value, str):
        return None if value.split(".")[0] == name else value
    if isinstance(value, list):
        return [item for item in value if _without(item, name) is not None] or None
    if "ref" in value:
        return None if _without(value["ref"], name) is None else value
    left = {port: _without(inner, name) for port, inner in value.items()}
    return {port: inner for port, inner in left.items() if inner is not None} or None


def _move(draw: Draw[Any], model: Model) -> Case | None:
    section = _section(draw, model)
    names = list(at(model, section))
    if len(names) < 2:
        return None
    name, anchor = draw(st.permutations(names))[:2]
    where = draw(st.sampled_from(["after", "before"]))
    others = [other for other in names if other != name]
    place = others.index(anchor) + (where == "after")
    _reorder(model, section, [*others[:place], name, *others[place:]], {})
    return Case(MovePart((*section, name), **{where: anchor}), model, section, "move")


def _rename(draw: Draw[Any], model: Model) -> Case | None:
    old, new = draw(st.sampled_from(list(model["nodes"]))), draw(st.sampled_from(IDS))
    if new in model["nodes"]:
        return None

    def word(text: str) -> str:
        return new + text[len(old) :] if text.split(".", maxsplit=1)[0] == old else text

    names = [word(name) for name in model["nodes"]]
    model["nodes"] = dict(zip(names, model["nodes"].values(), strict=True))
    for node in model["nodes"].values():
        if "from" in node:
            node["from"] = _reworded(node["from"], word)
    for test in model.get("tests", []):
        for step in test["do"]:
            for key in NODE_STEPS:
                if key in step:
                    step[key] = _reworded_step(step[key], word)
    return Case(RenamePart(("nodes", old), new), model, (), "rename")


def _reworded(value: Model, word: Callable[[str], str]) -> Model:
    match value:
        case str():
            return word(value)
        case list():
            return [_reworded(item, word) for item in value]
        case {"ref": ref}:
            return {**value, "ref": word(ref)}
        case _:
            return {port: _reworded(inner, word) for port, inner in value.items()}


def _reworded_step(value: Model, word: Callable[[str], str]) -> Model:
    if isinstance(value, dict):
        return {word(key): inner for key, inner in value.items()}
    return _reworded(value, word)


def _wired(model: Model) -> list[tuple[str, str | None, Model]]:
    """Every node with sources: its id, the input, and what stands there."""
    found = []
    for name, node in model["nodes"].items():
        value = node.get("from")
        if isinstance(value, dict) and "ref" not in value:
            found += [(name, port, inner) for port, inner in value.items()]
        elif value is not None:
            found.append((name, None, value))
    return found


def _add_source(draw: Draw[Any], model: Model) -> Case | None:
    name = draw(st.sampled_from(list(model["nodes"])))
    node = model["nodes"][name]
    wire = {"ref": "new.out", "durable": "true"} if draw(st.booleans()) else "new.out"
    value = node.get("from")
    port: str | None = None
    if value is None:
        port = draw(st.sampled_from([None, "plug"]))
        new = wire if port is None else {port: wire}
        keys = ["type", "from", *[key for key in node if key != "type"]]
        model["nodes"][name] = {key: new if key == "from" else node[key] for key in keys}
    elif "new.out" in str(value):
        return None
    elif isinstance(value, dict) and "ref" not in value:
        port = draw(st.sampled_from(["token", "plug"]))
        value[port] = _joined(value.get(port), wire)
    else:
        node["from"] = _joined(value, wire)
    edit = AddSource(("nodes", name), "new.out", port, durable=wire != "new.out")
    return Case(edit, model, ("nodes", name), "rewire")


def _joined(value: Model | None, wire: Model) -> Model:
    if value is None:
        return wire
    return [*value, wire] if isinstance(value, list) else [value, wire]


def _remove_source(draw: Draw[Any], model: Model) -> Case | None:
    wired = _wired(model)
    if not wired:
        return None
    name, port, value = draw(st.sampled_from(wired))
    wires = value if isinstance(value, list) else [value]
    wire = draw(st.sampled_from(wires))
    ref = wire["ref"] if isinstance(wire, dict) else wire
    node = model["nodes"][name]
    left = [other for other in wires if other is not wire]
    if left:
        wires.remove(wire)
    elif port is not None and len(node["from"]) > 1:
        del node["from"][port]
    else:
        del node["from"]
    return Case(RemoveSource(("nodes", name), ref, port), model, ("nodes", name), "rewire")


def _change_source(draw: Draw[Any], model: Model) -> Case | None:
    wired = [wire for wire in _wired(model) if "other.out" not in str(wire)]
    if not wired:
        return None
    name, port, value = draw(st.sampled_from(wired))
    wires = value if isinstance(value, list) else [value]
    index = draw(st.integers(0, len(wires) - 1))
    wire = wires[index]
    if isinstance(wire, dict):
        ref, wire["ref"] = wire["ref"], "other.out"
    else:
        ref = wire
        holder = model["nodes"][name] if port is None else model["nodes"][name]["from"]
        if isinstance(value, list):
            value[index] = "other.out"
        else:
            holder["from" if port is None else port] = "other.out"
    edit = ChangeSource(("nodes", name), ref, "other.out", port)
    return Case(edit, model, ("nodes", name), "rewire")


def _disable(draw: Draw[Any], model: Model) -> Case | None:
    name = draw(st.sampled_from(list(model["nodes"])))
    node, disabled = model["nodes"][name], draw(st.booleans())
    if disabled:
        node["disabled"] = "true"
    else:
        node.pop("disabled", None)
    return Case(SetDisabled(("nodes", name), disabled), model, ("nodes", name), "rewire")


_KINDS = [
    _set_doc,
    _set_leaf,
    _set_any,
    _set_from,
    _set_new,
    _set_deep,
    _append,
    _unset,
    _add_part,
    _delete_part,
    _delete_with_wires,
    _move,
    _rename,
    _add_source,
    _remove_source,
    _change_source,
    _disable,
]
