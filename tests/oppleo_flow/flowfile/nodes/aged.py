"""A type that has changed twice, for the checker's tests."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, SecretStr

from oppleo_flow import Node, NodeConfig
from oppleo_flow.payloads import Payload


class AgedConfig(NodeConfig):
    limit_w: float = Field(gt=0, description="Since version 2; before, `limit` in kW.")
    cards: list[str] = Field(default_factory=list, description="Since version 3; before, `card`.")
    key: SecretStr | None = Field(None, description="Since version 3; before, `password`.")


class Aged(Node[AgedConfig]):
    type_name = "aged"
    version = 3

    @classmethod
    def migrate(cls, options: dict[str, Any], from_version: int) -> Mapping[str, Any]:
        if from_version == 1 and "limit" in options:
            options["limit_w"] = 1000 * float(options.pop("limit"))
        if "card" in options:
            options["cards"] = [options.pop("card")]
        if "password" in options:
            options["key"] = options.pop("password")
        options.pop("colour", None)
        return options

    def on_message(self, payload: Payload) -> None: ...
