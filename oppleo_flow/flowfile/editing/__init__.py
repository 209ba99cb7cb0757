"""Surgical edits: operations on the text of a flow that change no more than they say."""

from oppleo_flow.flowfile.editing.applying import Edited, apply, apply_across, renamed_nodes
from oppleo_flow.flowfile.editing.edits import (
    AddPart,
    AddSource,
    ChangeSource,
    DeletePart,
    Edit,
    FollowRename,
    MovePart,
    RemoveSource,
    RenamePart,
    Restore,
    SetDisabled,
    SetOption,
    Together,
    UnsetOption,
    edit_as_json,
    edit_from_json,
)
from oppleo_flow.flowfile.editing.flow_text import Changed, FlowText
from oppleo_flow.flowfile.editing.formatting import formatted
from oppleo_flow.flowfile.editing.mentions import KnownTypes
from oppleo_flow.flowfile.editing.values import Quoted, Secret

__all__ = [
    "AddPart",
    "AddSource",
    "ChangeSource",
    "Changed",
    "DeletePart",
    "Edit",
    "Edited",
    "FlowText",
    "FollowRename",
    "KnownTypes",
    "MovePart",
    "Quoted",
    "RemoveSource",
    "RenamePart",
    "Restore",
    "Secret",
    "SetDisabled",
    "SetOption",
    "Together",
    "UnsetOption",
    "apply",
    "apply_across",
    "edit_as_json",
    "edit_from_json",
    "formatted",
    "renamed_nodes",
]
