"""A site folder from what Oppleo was set to: `oppleo.yaml`, a flow, and `secrets.yaml`.

What has no place here is said, with the reason.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from oppleo_flow.immutable import immutable
from oppleo_flow.oppleo_import import cells
from oppleo_flow.oppleo_import.cells import Row
from oppleo_flow.oppleo_import.ini import OppleoIni
from oppleo_flow.oppleo_import.report import ImportReport, Remark
from oppleo_flow.oppleo_import.site_flow import (
    CALENDAR,
    FLOW,
    FlowFacts,
    Messages,
    Parts,
    flow_text,
)
from oppleo_flow.oppleo_import.site_hours import OffPeakHours, off_peak_hours
from oppleo_flow.oppleo_import.site_wiring import WiringReader
from oppleo_flow.oppleo_import.yaml_text import quoted

_PREFIX: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,19}")
_SOUND: Final = re.compile(r"[A-Za-z0-9_-]{1,20}")
_DEVICE: Final = re.compile(r"[A-Za-z0-9_-]{1,25}(,[A-Za-z0-9_-]{1,25})*")
_LEVELS: Final = {
    **{level: level for level in ("debug", "info", "warning", "error")},
    **dict.fromkeys(("critical", "fatal"), "error"),
}
_SWITCHES: Final = {
    "evse_switch": "evse",
    "evse_led_reader": "evse_led",
    "buzzer": "buzzer",
    "oppleo_led": "led",
}
"""Hardware that Oppleo's own file switches on or off."""
_READER: Final = "mfrc522_rfid_reader"
_LEAST_PER_KM, _MOST_PER_KM = 50, 2000
_NOT_TAKEN: Final = {
    "secret_key, wtf_csrf_secret_key": "the same in every Oppleo; each site here makes its own",
    "autosession_condense_same_odometer": "no session is deleted here; "
    "`oppleo-flow sessions join` makes two one",
    "peakhours_allow_peak_one_period": "leave for once; `oppleo-flow inject offpeak.once`",
    "webcharge_on_dashboard, auth_webcharge": "whoever may charge from the page has a role for it",
    "restrict_dashboard_access, restrict_menu, allow_local_dashboard_access, router_ip_address": (
        "who has not signed in sees nothing; which networks are near is said anew, in `web:`"
    ),
    "http_host, http_port": "the page is on port 8080 of this machine until `web: host:` says "
    "otherwise; Oppleo's port needs root",
    "use_reloader, debug, pythonpath, explain_template_loading, signature": "of Oppleo's own code",
    "on_db_failure_…": "charging goes on when a database is away; there is no limp mode",
    "backup_…, os_backup_…, smb_backup_…": "`oppleo-flow db backup --help` says how to make them",
    "vehicle_data_on_dashboard, wakeup_vehicle_on_data_request, api_account, keyvaluestores": (
        "Tesla has closed what they were for; a car is reached by HTTP or MQTT"
    ),
    "accesslog, avatar, databasechangelog": "nothing here is of use elsewhere",
}


@immutable
class SiteDraft:
    """The texts of a new site's files."""

    settings: str
    flow: str
    secrets: str


@immutable
class SiteSource:
    """What a site is made from; `ini` is None where Oppleo's own file is not at hand."""

    charger: Row
    device: Row
    off_peak: Iterable[Row]
    ini: OppleoIni | None
    timezone: str
    yearly_feasts: bool = False


def identity(charger: Row) -> str:
    """Return the charge point's id here."""
    name = (charger.get("charger_id") or "").lower()
    return re.sub(r"[^a-z0-9_-]+", "-", name).strip("-_") or "charge-point"


def draft(source: SiteSource, report: ImportReport) -> SiteDraft:
    """Return the files of a site; what is otherwise there than in Oppleo is in the report."""
    charger, ini = source.charger, source.ini or OppleoIni()
    secrets: dict[str, str] = {}
    facts = FlowFacts(
        charger_id=charger.get("charger_id") or identity(charger),
        wiring=WiringReader(charger, source.device, report).read(),
        parts=_parts(source.ini, report),
        messages=_messages(ini, secrets, report),
        off_peak_only=cells.truth(charger.get("peakhours_offpeak_enabled")) is not False,
        auto_session=_auto_session(charger),
    )
    hours = off_peak_hours(source.off_peak, report, yearly_feasts=source.yearly_feasts)
    for what, why in _NOT_TAKEN.items():
        report.leave(what, why)
    if charger.get("charger_id") != identity(charger):
        _say(report, charger, "charger-id", f"is called {identity(charger)!r} here")
    return SiteDraft(_settings(source, ini, hours, report), flow_text(facts), _secrets(secrets))


def _auto_session(charger: Row) -> tuple[int, int] | None:
    if cells.truth(charger.get("autosession_enabled")) is False:
        return None
    minutes = cells.whole(charger.get("autosession_minutes"))
    energy_wh = cells.energy_wh(charger.get("autosession_energy"))
    return max(minutes or 90, 1), min(max(energy_wh or 100, 1), 10_000)


def _parts(ini: OppleoIni | None, report: ImportReport) -> Parts:
    """Return which hardware there is: what Oppleo's own file has on; without it, all."""
    if ini is None:
        report.leave(
            ", ".join(_SWITCHES),
            "oppleo.ini says which hardware is on, and was not given (`--ini`); all of it is in "
            "the flow",
        )
        return Parts()
    on = {part: ini.flag(key) is not False for key, part in _SWITCHES.items()}
    off = [key for key, part in _SWITCHES.items() if not on[part]]
    if off:
        report.leave(", ".join(off), "switched off in Oppleo, so not in the flow")
    if ini.flag(_READER) is False:
        report.leave(
            _READER,
            "switched off in Oppleo; it is in the flow, which takes cards from somewhere: "
            "`oppleo-flow nodes` lists other readers",
        )
    return Parts(**on)


def _messages(ini: OppleoIni, secrets: dict[str, str], report: ImportReport) -> Messages:
    prowl = bool(ini.flag("prowl_enabled") and ini.text("prowl_api_key"))
    if prowl:
        secrets["prowl_key"] = ini.text("prowl_api_key")
    return Messages(prowl, _pushover(ini, secrets), _mqtt(ini, secrets, report))


def _pushover(ini: OppleoIni, secrets: dict[str, str]) -> dict[str, str] | None:
    token, user = ini.text("pushover_api_key"), ini.text("pushover_user_key")
    if not (ini.flag("pushover_enabled") and token and user):
        return None
    secrets |= {"pushover_token": token, "pushover_user": user}
    options = {
        "device": (ini.text("pushover_device"), _DEVICE),
        "sound": (ini.text("pushover_sound"), _SOUND),
    }
    return {
        name: text
        for name, (text, form) in options.items()
        if form.fullmatch(text) and text != "none"
    }


def _mqtt(ini: OppleoIni, secrets: dict[str, str], report: ImportReport) -> dict[str, str] | None:
    if ini.flag("homeassisitant_mqtt_enabled"):
        report.leave("homeassistant_mqtt_…", "did not work in Oppleo; see `oppleo-flow nodes`")
    if not ini.flag("mqtt_outbound_enabled") or not ini.text("mqtt_host"):
        return None
    broker = {"host": quoted(ini.text("mqtt_host"))}
    port = cells.whole(ini.text("mqtt_port"))
    if port is not None and 1 <= port <= 65535:
        broker["port"] = str(port)
    user, password = ini.text("mqtt_username"), ini.text("mqtt_password")
    if user:
        broker["user"] = quoted(user)
        if password:
            secrets["mqtt_password"] = password
            broker["password"] = "!secret mqtt_password"
    return broker


def _settings(source: SiteSource, ini: OppleoIni, hours: OffPeakHours, report: ImportReport) -> str:
    charger = source.charger
    own = identity(charger)
    name = cells.words(charger.get("charger_name_text")) or own
    lines = [
        "# The settings of this site, as they were in Oppleo.  An unknown key is an error.",
        "format: 1",
        "",
        "charge_point:",
        f"  id: {quoted(own)}",
        f"  name: {quoted(name)}",
        "",
        f"timezone: {source.timezone}",
        "currency: EUR",
        "language: nl              # of statements, e-mails and notices; or en",
        f"flow: {FLOW}",
        "",
        "calendars:",
        f"  {CALENDAR}:",
        *_open(hours),
        f"    holidays: [{', '.join(map(quoted, hours.holidays))}]",
        "",
        *_per_km(charger, report),
        *_statement(charger, report),
        *_log(ini),
    ]
    return "\n".join(lines)


def _per_km(charger: Row, report: ImportReport) -> list[str]:
    """Return what the car needs per km, by which the page says energy in km."""
    written = charger.get("factor_whkm")
    if not written:
        return []
    if not (written.isdecimal() and _LEAST_PER_KM <= int(written) <= _MOST_PER_KM):
        report.leave("factor_whkm", f"{written!r} is not what a car needs, in Wh per km")
        return []
    return [f"wh_per_km: {int(written)}", ""]


def _open(hours: OffPeakHours) -> list[str]:
    if not hours.windows:
        return ["    open: []"]
    return [
        "    open:",
        *(
            f'      - {{days: "{days}", from: "{since}", to: "{until}"}}'
            for days, since, until in hours.windows
        ),
    ]


def _statement(charger: Row, report: ImportReport) -> list[str]:
    prefix = charger.get("receipt_prefix") or ""
    if not _PREFIX.fullmatch(prefix):
        if prefix:
            report.leave("receipt_prefix", f"{prefix!r} cannot be in the name of a file")
        return []
    return ["statement:", f'  number: "{prefix}{{period}}"', ""]


def _log(ini: OppleoIni) -> list[str]:
    level = _LEVELS.get(ini.text("log_level").lower(), "info")
    size = cells.whole(ini.text("log_max_filesize"))
    keep = cells.whole(ini.text("log_file_backup_count"))
    return [
        "log:",
        f"  level: {level}",
        f"  size_kb: {min(max((size or 524_288) // 1024, 16), 1_000_000)}",
        f"  keep: {min(max(keep or 5, 1), 1000)}",
        "",
    ]


def _secrets(secrets: Mapping[str, str]) -> str:
    return "".join(
        [
            "# Passwords and keys, one a line, as Oppleo had them.  Only you may read this file.\n",
            *(f"{name}: {quoted(text)}\n" for name, text in secrets.items()),
        ]
    )


def _say(report: ImportReport, charger: Row, code: str, text: str) -> None:
    report.remark(Remark("charger_config", charger.get("charger_id") or "", "changed", code, text))
