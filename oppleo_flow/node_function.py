"""A pure step as a decorated function: `@node("kw-to-w")`.

The positional parameter is the input, keyword-only parameters are options, the return annotation
is the output; `None` lets nothing out.
"""

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, get_type_hints

from oppleo_flow.errors import NodeFileError
from oppleo_flow.node import Example, Node


def node(
    type_name: str, *, icon: str = "function", examples: Sequence[Example] = ()
) -> Callable[[Callable[..., Any]], type[Node[Any]]]:
    """Make a node type of a pure function.

    Raises:
        NodeFileError: The function has not exactly one positional parameter, or an annotation
            is missing.
    """

    def make(function: Callable[..., Any]) -> type[Node[Any]]:
        hints = get_type_hints(function)
        parameters = inspect.signature(function).parameters.values()
        inputs = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        options = [p for p in parameters if p.kind is p.KEYWORD_ONLY]
        missing = [p.name for p in parameters if p.name not in hints]
        if len(inputs) != 1 or missing or "return" not in hints:
            raise NodeFileError(
                f"{inspect.getsourcefile(function)}:{function.__code__.co_firstlineno}: "
                f"{function.__name__}: one annotated input and an annotated return are needed"
            )
        return _class(type_name, icon, examples, function, inputs[0].name, options)

    return make


def _class(
    type_name: str,
    icon: str,
    examples: Sequence[Example],
    function: Callable[..., Any],
    input_name: str,
    options: Sequence[inspect.Parameter],
) -> type[Node[Any]]:
    """Return the node class that calls `function`."""
    # Not at the top: the guardian imports this package and has no use for pydantic.
    from pydantic import create_model  # noqa: PLC0415

    from oppleo_flow.options import NodeConfig  # noqa: PLC0415

    hints = get_type_hints(function, include_extras=True)
    name = "".join(part.capitalize() for part in type_name.split("-"))
    fields: dict[str, Any] = {
        option.name: (
            hints[option.name],
            ... if option.default is option.empty else option.default,
        )
        for option in options
    }
    config: Any = create_model(
        f"{name}Config", __base__=NodeConfig, __module__=function.__module__, **fields
    )

    def start(self: Node[Any]) -> None:
        given = {option.name: getattr(self.config, option.name) for option in options}
        # The engine calls what stands here after the start: the function itself where it can.
        vars(self)["on_message"] = partial(function, **given) if given else function

    def on_message(self: Node[Any], payload: Any) -> Any:
        return function(payload)

    on_message.__annotations__ = {"payload": hints[input_name], "return": hints["return"]}
    return type(
        name,
        (Node,),
        {
            "__module__": function.__module__,
            "__doc__": function.__doc__,
            "__orig_bases__": (Node[config],),
            "type_name": type_name,
            "icon": icon,
            "examples": tuple(examples),
            "start": start,
            "on_message": on_message,
        },
    )
