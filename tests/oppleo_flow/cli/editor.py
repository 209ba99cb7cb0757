"""A file as an editor takes it: YAML by the rules of version 1.2, against a JSON Schema."""

import re
from collections.abc import Mapping
from typing import Any

import yaml
from jsonschema import Draft7Validator, Draft202012Validator


class EditorLoader(yaml.SafeLoader):
    """Reads YAML as an editor does: by the rules of version 1.2, a secret as text."""

    yaml_implicit_resolvers = {}


for kind, pattern, first in (
    ("bool", "(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", "(?:null|Null|NULL|~|)$", ["n", "N", "~", ""]),
    ("int", "(?:[-+]?[0-9]+|0x[0-9a-fA-F]+)$", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
):
    EditorLoader.add_implicit_resolver(f"tag:yaml.org,2002:{kind}", re.compile(pattern), first)


def _int(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    text = node.value
    return int(text, 16) if "x" in text else int(text)  # 0412 is 412, not octal


def _map(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[str, Any]:
    """Return a map whose keys are text, whatever they look like."""
    return {key.value: loader.construct_object(value, deep=True) for key, value in node.value}


EditorLoader.add_constructor("tag:yaml.org,2002:int", _int)
EditorLoader.add_constructor("tag:yaml.org,2002:float", lambda _, node: float(node.value))
EditorLoader.add_constructor("tag:yaml.org,2002:map", _map)
EditorLoader.add_constructor("!secret", lambda loader, node: loader.construct_scalar(node))


def complaints(schema: Mapping[str, Any], text: str) -> list[str]:
    """Return what an editor underlines."""
    kind = Draft7Validator if "draft-07" in schema["$schema"] else Draft202012Validator
    data = yaml.load(text, EditorLoader)
    return [error.message for error in kind(schema).iter_errors(data)]
