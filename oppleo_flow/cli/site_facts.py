"""What the page is told of the site around the flow that runs."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from oppleo_flow.charging.calendar_rules import SiteCalendars
from oppleo_flow.cli.later import Later
from oppleo_flow.cli.log import Log
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.site_ledger import statements_of
from oppleo_flow.cli.site_settings_file import SiteSettingsFile
from oppleo_flow.cli.web_sessions import WebSessions
from oppleo_flow.clock import Clock
from oppleo_flow.devices.frames import Frames
from oppleo_flow.store import StoreLocation
from webui.machine import Machine
from webui.ports import SiteFacts

if TYPE_CHECKING:
    from oppleo_flow.cli.machine import SiteMachine
    from oppleo_flow.flowfile.once_read import OnceRead
    from oppleo_flow.flowfile.secret_uses import SecretUse


def facts_of(
    site: Site,
    clock: Clock,
    log: Log,
    sessions: WebSessions,
    start_anew: Callable[[], None] | None,
) -> SiteFacts:
    """Return what the page and a recording say of the site.

    `start_anew` ends this run so that another begins; None where nobody would begin one.
    """
    return SiteFacts(
        clock=clock,
        charge_point=site.charge_point,
        timezone=site.timezone,
        currency=site.currency,
        frames=site.service(Frames),
        redact=log.redaction.redacted,
        ledger=site.service(StoreLocation).written,
        secrets=SecretsOfSite(site.folder),
        keep_secret=partial(_keep_secret, site.folder),
        books=sessions.books,
        ledger_file=site.service(StoreLocation).path,
        language=site.settings.language,
        calendars=site.service(SiteCalendars),
        wh_per_km=site.settings.wh_per_km,
        public_view=site.settings.web.public_view,
        state_folder=site.state_folder,
        statements=partial(statements_of, site),
        settings=SiteSettingsFile(site.folder),
        machine=cast("Machine", Later(partial(_machine, site, log.file, start_anew))),
    )


def _machine(site: Site, log_file: Path, start_anew: Callable[[], None] | None) -> "SiteMachine":
    # Not at the top: few look at it, and it costs start-up time.
    from oppleo_flow.cli.machine import SiteMachine  # noqa: PLC0415

    return SiteMachine(site, log_file, start_anew)


class SecretsOfSite:
    """Tells which secrets a site has by now; a file that says what it said is not read again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._uses: OnceRead[list[SecretUse]] | None = None

    def __call__(self) -> list[dict[str, object]]:
        """Return each with where its value is and who uses it, without the value."""
        # Not at the top: few ask, and it costs start-up time.
        from oppleo_flow.cli.secrets import secrets_of  # noqa: PLC0415
        from oppleo_flow.flowfile.once_read import OnceRead  # noqa: PLC0415
        from oppleo_flow.flowfile.secret_uses import secret_uses  # noqa: PLC0415

        self._uses = self._uses or OnceRead(secret_uses)
        return [secret.as_json() for secret in secrets_of(self._folder, self._uses.of)[0]]


def _keep_secret(folder: Path, name: str, value: str) -> None:
    # Not at the top: few do, and it costs start-up time.
    from oppleo_flow.cli.secrets import keep_secret  # noqa: PLC0415

    keep_secret(folder, name, value)
