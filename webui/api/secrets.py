"""Which secrets there are, and who uses them.  A value is written elsewhere, and never read."""

from typing import Any

from webui.ports import SiteFacts


class SecretUses:
    """The route of `/api/v1/secrets`."""

    def __init__(self, site: SiteFacts) -> None:
        self._site = site

    def show(self) -> dict[str, Any]:
        """Answer `GET /api/v1/secrets`: name, origin (null where there is none) and uses of each.

        They are those of all flow files of the site as they are now.
        """
        return {"secrets": [dict(secret) for secret in self._site.secrets()]}
