"""The rows of the list of routes that are about settings."""

from collections.abc import Iterable

from oppleo_flow.accounts.rights import Right
from webui.api import setting_models as told
from webui.api.audit import Deeds
from webui.api.settings import Settings
from webui.parts import Parts
from webui.route import Route

# A table reads best in rows.
# fmt: off


def setting_routes(parts: Parts, api: str) -> Iterable[Route]:
    """Return what shows and changes settings."""
    settings = Settings(parts.runtime, parts.site, parts.deploying, Deeds(parts.audit))
    address = f"{api}/settings"
    return (
        Route("GET", address, settings.show, Right.LOOK, "Every setting, and what it is",
              answer=told.SettingsAnswer),
        Route("POST", f"{address}/preview", settings.preview, Right.EDIT,
              "What other settings would do", body=told.ChangesAsked,
              answer=told.SettingsPreviewAnswer),
        Route("PATCH", address, settings.save, Right.EDIT, "Change settings, and let that run",
              body=told.ChangesAsked, answer=told.SettingsSavedAnswer),
    )
