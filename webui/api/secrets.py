"""Which secrets there are, who uses them, and another value for one: written, and never read."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, SecretStr
from typing_extensions import TypedDict

from webui.api.audit import Deeds
from webui.ports import SiteFacts
from webui.problem import problem
from webui.reading import Nothing, read_body


class SecretValue(Nothing):
    """What a secret is to be."""

    value: SecretStr = Field(min_length=1, max_length=4096)


class SecretUseAnswer(TypedDict):
    """Where a flow names a secret."""

    file: str
    line: int
    option: str


SecretAnswer = TypedDict(
    "SecretAnswer", {"name": str, "from": str | None, "uses": list[SecretUseAnswer]}
)
"""A secret, without its value; `from` says where that is, null where there is none."""


class SecretsAnswer(TypedDict):
    """The secrets of a site, by name."""

    secrets: list[SecretAnswer]


class SecretUses:
    """The routes of `/api/v1/secrets`."""

    def __init__(self, site: SiteFacts, deeds: Deeds) -> None:
        self._site = site
        self._deeds = deeds

    def show(self) -> SecretsAnswer:
        """Answer `GET /api/v1/secrets`: name, origin (null where there is none) and uses of each.

        They are those of all flow files of the site as they are now.
        """
        return {"secrets": [_secret(one) for one in self._site.secrets()]}

    def change(self, name: str) -> SecretsAnswer:
        """Answer `PUT /api/v1/secrets/NAME`: it counts from the next deploy or start on.

        Raises:
            ConfigError: The name cannot be one.
            Refused: The file cannot be changed safely.
        """
        asked = read_body(SecretValue)
        if self._site.keep_secret is None:
            raise problem(404, "no-secrets", "this site keeps no secrets")
        self._site.keep_secret(name, asked.value.get_secret_value())
        self._deeds.note("secret", f"{name} set")
        return self.show()


def _secret(given: Mapping[str, Any]) -> SecretAnswer:
    return {"name": given["name"], "from": given["from"], "uses": given["uses"]}
