"""What the program says in English, in the other languages."""

import json
import re
from collections.abc import Iterable, Mapping

import pytest

from oppleo_flow.cli.site_config import SiteSettings
from oppleo_flow.registry import Registry
from oppleo_flow.wording import wording
from oppleo_flow.wording.catalogue import catalogue as texts_of
from oppleo_flow.wording.said import Said, said_in
from tests.house.english import conditions, deeds, every_text, refusals
from tests.house.sources import ROOT
from webui.setting_fields import fields_of

SAID = ROOT / "oppleo_flow/wording/said"
DUTCH = said_in("nl")
GROUPS = {"statement", "web", "log", "watch", "durable_wires"}
REFUSE = (
    *("webui", "oppleo_flow/accounts", "oppleo_flow/charging", "oppleo_flow/store"),
    *("oppleo_flow/flowfile/secret_file.py", "oppleo_flow/engine/watching.py"),
    *("oppleo_flow/engine/replaying.py", "oppleo_flow/passwords.py"),
    *("nodes", "oppleo_flow/options.py", "oppleo_flow/devices", "oppleo_flow/sending"),
    *("oppleo_flow/systems", "oppleo_flow/engine/connections.py"),
    *("oppleo_flow/cli/deploying.py", "oppleo_flow/cli/power.py", "oppleo_flow/cli/newest.py"),
)
TELL = ("nodes", "oppleo_flow/devices", "oppleo_flow/sending", "oppleo_flow/charging")
# Said where no page and no notification brings it to anybody.
FOR_PROGRAMMERS = (
    *("webui/server.py", "webui/tls.py", "webui/route.py", "webui/gate.py:4"),
    *("oppleo_flow/store/column_types.py", "oppleo_flow/store/postgres/"),
    *(f"oppleo_flow/devices/{name}" for name in ("rpi_gpio_twin", "safe_pins", "transcripts")),
    *(f"oppleo_flow/devices/{name}" for name in ("value_reader", "world.py", "checked_yaml")),
    "oppleo_flow/systems/home_assistant/commands.py",
    *("oppleo_flow/store/session_query.py", "oppleo_flow/store/reading_rows.py"),
)


def catalogue(name: str) -> Mapping[str, str]:
    return json.loads((SAID / "nl" / f"{name}.json").read_text(encoding="utf-8"))


def unknown(found: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return what no catalogue has; a sentence that was put together may be known as a whole."""
    every = {key for file in (SAID / "nl").glob("*.json") for key in catalogue(file.stem)}
    patterns = [re.compile("(.*?)".join(map(re.escape, key.split("{}")))) for key in every]
    return [
        (where, text)
        for where, text in found
        if not where.startswith(FOR_PROGRAMMERS)
        and not any(pattern.fullmatch(text) for pattern in patterns)
    ]


def test_every_refusal_that_a_page_may_show_has_dutch_words() -> None:
    assert unknown(refusals(*REFUSE)) == []


def test_every_option_of_our_nodes_and_of_the_site_has_dutch_words() -> None:
    registry = Registry.installed()
    specs = [*registry.nodes().values(), *registry.connections().values()]
    configs = [(spec.type_name, spec.config, False) for spec in specs]
    options = [
        (where, one)
        for where, config, nested in [*configs, ("site", SiteSettings, True)]
        for one in fields_of(config, nested=nested)
    ]
    abouts = [(one.type_name, one.doc.strip().partition("\n")[0]) for one in specs]
    said, named = catalogue("options"), catalogue("names")
    groups = SiteSettings.model_json_schema()["properties"]
    known = {text for _, text in abouts} | {one.description for _, one in options}
    known |= {one.get("description", "") for one in groups.values()}
    assert [(at, text) for at, text in abouts if text not in said] == []
    assert [text for text in said if text not in known] == []
    assert [
        (where, one.name)
        for where, one in options
        if one.description not in said or label(where, one.name) not in named
    ] == []


def label(where: str, name: str) -> str:
    """Return what the page calls an option in English."""
    group, _, rest = name.partition(".")
    within = rest if where == "site" and group in GROUPS else name
    words = within.replace(".", ": ").replace("_", " ")
    return words[:1].upper() + words[1:]


def test_every_status_and_every_fault_of_our_nodes_has_dutch_words() -> None:
    assert unknown(conditions(*TELL)) == []


def test_every_deed_that_the_page_notes_has_dutch_words() -> None:
    assert unknown(deeds("webui")) == []


@pytest.mark.parametrize("name", ["refusals", "conditions"])
def test_nothing_is_put_into_words_that_nobody_says(name: str) -> None:
    said = every_text()
    assert [key for key in catalogue(name) if key not in said] == []


def test_a_text_says_the_values_that_its_english_has() -> None:
    for name in (
        "refusals",
        "conditions",
        "deeds",
        "findings",
        "inputs",
        "options",
        "words",
        "names",
    ):
        for key, text in catalogue(name).items():
            english = key
            for index in range(key.count("{}")):
                english = english.replace("{}", f"value-{index}", 1)
            assert "{}" not in Said({key: text})(english), key


def test_an_alarm_is_told_in_the_words_of_its_notification() -> None:
    values = {"power": "7", "signal": "charging", "seconds": "9", "led": "standby", "network": "D"}
    english, dutch = wording("en"), wording("nl")
    told = [
        key
        for key in texts_of("en").texts
        if key.startswith("alarm.") and not key.endswith((".title", ".over", ".bad-line.text"))
    ]
    assert len(told) == len(catalogue("alarms"))
    for key in told:
        assert Said(catalogue("alarms"))(english(key, **values)) == dutch(key, **values)


@pytest.mark.parametrize(
    ("english", "dutch"),
    [
        ("no session is under way", "er loopt geen sessie"),
        ("no token '04A1' is known", "er is geen laadpas '04A1' bekend"),
        ("off: off-peak gate shut until Thu 23:00", "uit: dalurenpoort dicht tot do 23:00"),
        (
            "session 12: has not ended; end it first",
            "sessie 12: is nog niet afgelopen; beëindig die eerst",
        ),
        (
            "evse.smartevse: said nothing of Mode for 30 s",
            "evse.smartevse: zei al 30 s niets over Mode",
        ),
        ("what somebody's own node says", "what somebody's own node says"),
        ("unknown: a word of its own", "onbekend: a word of its own"),
        ("", ""),
    ],
)
def test_what_varies_is_put_into_words_in_its_turn(english: str, dutch: str) -> None:
    assert DUTCH(english) == dutch


def test_english_is_what_is_said_already() -> None:
    assert said_in("en")("no session is under way") == "no session is under way"
