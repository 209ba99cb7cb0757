"""What the program says in English, in the other languages."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence

import pytest

from oppleo_flow.cli.site_config import SiteSettings
from oppleo_flow.registry import Registry
from oppleo_flow.wording import wording
from oppleo_flow.wording.catalogue import catalogue as texts_of
from oppleo_flow.wording.said import Said, said_in
from tests.house.english import conditions, deeds, every_text, has_words, refusals, texts
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
CHECK = ("oppleo_flow/flowfile", "oppleo_flow/cli/profile_health.py")
# Of commands alone: what codes mean, and what ports are called.
NOT_ON_PAGES = tuple(
    f"oppleo_flow/flowfile/{name}.py:"
    for name in (
        "codes",
        "named_ports",
        "editing/splices",
        "editing/flow_text",
        "versions/flow_set",
    )
)
# What is sought in the words of the YAML parser, and what is a sentence only with its values.
NO_SENTENCES = frozenset(
    {"sequence entries are not allowed", "node content", "an anchor", "an alias", "quoted scalar"}
    | {"cannot start any token", "expected key|'-' indicator|document start", "must |is "}
    | {"mapping values are not allowed", "could not find expected ':'", "while parsing a flow "}
    | {"a value that begins with {!r} needs quotes around it", ", got {} from {}"}
    | {"{} has no {} {}{}", "{} has {} {}s; say which: {}", "per {}: {} {} no field {}"}
    | {": {} {} disabled; disable it, too, or wire another", "any value", "any message"}
    | {"reported where the variable is made", "what may be reimbursed by {} is known"}
    | {"{} is no code of a finding; add it to flowfile/codes.py, with an example"}
)
# What the pages have that show findings.
ON_PAGES = ("alarms", "conditions", "inputs", "refusals", "words", "options", "names", "findings")
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


def in_words(text: str, known: frozenset[str], patterns: Sequence[re.Pattern[str]]) -> bool:
    """Return whether a text of a finding is known: whole, as a part of one, or piece by piece."""
    said = re.sub(r"(?<! )({})+$", "", text).strip(";:, ()")  # advice may follow, or nothing
    if not has_words(said) or any(said in key for key in known):
        return True
    for between in ("; ", ": "):
        first, found, rest = text.partition(between)
        if found and in_words(first, known, patterns) and in_words(rest, known, patterns):
            return True
    matches = (pattern.fullmatch(text) for pattern in patterns)
    return any(
        all(in_words(part, known, patterns) for part in match.groups() if part != text)
        for match in matches
        if match is not None
    )


def test_every_text_of_a_finding_and_of_an_edit_that_is_refused_has_dutch_words() -> None:
    every = {key for file in (SAID / "nl").glob("*.json") for key in catalogue(file.stem)}
    known = frozenset(every)
    patterns = [re.compile("(.+?)".join(map(re.escape, key.split("{}")))) for key in every]
    assert [
        (where, text)
        for where, text in texts(*CHECK)
        if not where.startswith(NOT_ON_PAGES)
        and not (text in NO_SENTENCES or text.startswith("^"))
        and not in_words(text, known, patterns)
    ] == []


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


@pytest.mark.parametrize(
    ("english", "dutch"),
    [
        (
            "'dok' is not a part of a flow; did you mean 'doc'?",
            "'dok' is geen deel van een flow; bedoelde u 'doc'?",
        ),
        (
            "there is no node 'metre' in the flow 'garage'; nodes: meter",
            "er is geen node 'metre' in de flow 'garage'; nodes: meter",
        ),
        (
            "'pin' is missing; add 'pin: …' (The pin of its relay)",
            "'pin' ontbreekt; voeg 'pin: …' toe",
        ),
        (
            "'unit' must be at most 247, got 300 from $(unit)",
            "'unit' mag hoogstens 247 zijn, niet 300 uit $(unit)",
        ),
        (
            "relay moves the world and has no safe level; add 'safe: off' (or on)",
            "relay stuurt echte hardware en heeft geen veilige stand; voeg 'safe: off' toe (of on)",
        ),
        (
            "its input takes a Seen and is not wired; add 'from: …' (a.seen or b.seen would fit)",
            "zijn ingang neemt a Seen en is niet aangesloten; voeg 'from: …' toe "
            "(a.seen or b.seen zou passen)",
        ),
        (
            "flow.yaml: nodes.led: 'meter' is a source already",
            "flow.yaml: nodes.led: 'meter' is al een bron",
        ),
        (
            "f.yaml: a name is small letters, digits and _, and neither 'flow' nor 'in', got 'in'",
            "f.yaml: een naam is kleine letters, cijfers en _, en geen 'flow' of 'in'; "
            "'in' kan niet",
        ),
    ],
)
def test_a_finding_is_put_into_words_as_a_whole(english: str, dutch: str) -> None:
    said = Said({key: text for name in ON_PAGES for key, text in catalogue(name).items()})
    assert said(english) == dutch


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
