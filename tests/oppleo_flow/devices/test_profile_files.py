from pathlib import Path

import pytest

from oppleo_flow.devices import profile_files
from oppleo_flow.devices.checked_yaml import checked_text
from oppleo_flow.devices.meter_profile import MeterProfile
from oppleo_flow.devices.profile_files import (
    built_in_models,
    meter_profile,
    own_profiles,
    profile_among,
)
from oppleo_flow.errors import ConfigError

WHOLE = """\
title: Acme One
document: The box
phases: 1
most_registers: 20
word_order: low-first
table: holding
values:
  voltage: {at: 0x0000, unit: V, range: [180, 260]}
  power: {at: 12, type: int32, unit: kW, range: [-20, 20]}
  energy_import: {at: 0x48, type: uint64, unit: Wh, kind: register, range: [0, 9999999]}
settings:
  serial: [{at: [0x2A, 0x2B], type: uint16}]
identity:
  - {at: 0x100, range: [1, 2], means: its code}
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return a folder of node files with a profile beside them."""
    (tmp_path / "meters").mkdir()
    (tmp_path / "meters" / "acme-1.yaml").write_text(WHOLE)
    return tmp_path


def test_the_models_that_come_with_the_program():
    assert built_in_models() == ["generic", "SDM120", "SDM220", "SDM230", "SDM630v2", "SDM72D-M"]


@pytest.mark.parametrize("model", built_in_models())
def test_a_built_in_profile_names_its_document_and_reads_the_import_register(model):
    profile = meter_profile(model)

    assert profile.document
    assert profile.values["energy_import"].at == (0x48,)
    assert profile.values["energy_total"].at == (0x156,)


def test_a_site_adds_profiles_of_its_own(site):
    profile = meter_profile("acme-1", site)

    assert profile.title == "Acme One"
    assert [block.count for block in profile.values["energy_import"].blocks] == [4]
    assert own_profiles(site) == {"acme-1": profile}
    assert profile_among("acme-1", own_profiles(site)) == profile


def test_a_site_without_any_has_none(tmp_path):
    assert own_profiles(tmp_path) == {}


@pytest.mark.parametrize(
    ("name", "own", "message"),
    [
        pytest.param("SDM630", False,
                     "unknown meter model 'SDM630'; did you mean 'SDM630v2'? known: generic, "
                     "SDM120, SDM220, SDM230, SDM630v2, SDM72D-M", id="a slip"),
        pytest.param("wattmaster", True,
                     "unknown meter model 'wattmaster'; known: acme-1, generic, SDM120, SDM220, "
                     "SDM230, SDM630v2, SDM72D-M", id="nothing like it"),
        pytest.param("../meters/acme-1", True,
                     "unknown meter model '../meters/acme-1'; known: acme-1, generic, SDM120, "
                     "SDM220, SDM230, SDM630v2, SDM72D-M",
                     id="a path is no name"),
    ],
)  # fmt: skip
def test_an_unknown_model_lists_those_there_are(site, name, own, message):
    with pytest.raises(ConfigError) as unknown:
        meter_profile(name, site if own else None)
    with pytest.raises(ConfigError) as among:
        profile_among(name, own_profiles(site) if own else {})

    assert str(unknown.value) == str(among.value) == message


def test_a_site_cannot_change_what_a_built_in_model_is(site):
    (site / "meters" / "SDM120.yaml").write_text(WHOLE)

    assert meter_profile("SDM120", site).title == "Eastron SDM120-Modbus"
    assert profile_among("SDM120", own_profiles(site)).title == "Eastron SDM120-Modbus"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("unit: V,", "unit: volt,",
                     "8:25: values.voltage.unit: one of V, A, mA, W, kW, VA, var, Hz, Wh, kWh, "
                     "MWh, 1, deg is needed, got 'volt'", id="an unknown unit"),
        pytest.param("unit: V,", "unit: A,",
                     "8:3: values.voltage: its unit is V, got 'A'", id="a unit of something else"),
        pytest.param("[180, 260]", "[260, 180]",
                     "8:34: values.voltage.range: the least comes first, got [260.0, 180.0]",
                     id="a range backwards"),
        pytest.param("  voltage:", "  voltag:",
                     "7:1: values: unknown value 'voltag'; known: voltage, current, power, "
                     "apparent_power, reactive_power, power_factor, phase_angle, "
                     "energy_import_phases, energy_export_phases, energy_total_phases, "
                     "total_power, total_apparent_power, total_reactive_power, "
                     "total_power_factor, frequency, energy_import, energy_export, energy_total",
                     id="an unknown value"),
        pytest.param("  energy_import:", "  energy_export:",
                     "7:1: values: 'energy_import' is needed, the total that may be billed",
                     id="no register to bill"),
        pytest.param("  power:", "  reactive_power:",
                     "9:3: values.reactive_power: its unit is var, got 'kW'",
                     id="another quantity"),
        pytest.param("kind: register, ", "",
                     "10:3: values.energy_import: energy, and nothing else, is of kind 'register'",
                     id="energy that is no register"),
        pytest.param("at: 12,", "at: [12, 14],",
                     "9:3: values.power: 1 addresses are needed, got 2", id="too many phases"),
        pytest.param("at: 12,", "at: 0x49,",
                     "7:1: values: two share register 0x0049", id="values that overlap"),
        pytest.param("most_registers: 20", "most_registers: 2",
                     "10:3: values.energy_import: a uint64 is wider than 2 registers",
                     id="a value that is too wide"),
        pytest.param("phases: 1", "phases: 2",
                     "3:1: phases: Input should be 1 or 3, got '2'", id="two phases"),
        pytest.param("type: int32", "type: int24",
                     "9:19: values.power.type: Input should be 'float32', 'uint16', 'int16', "
                     "'uint32', 'int32', 'uint64', 'int64' or 'float64', got 'int24'",
                     id="an unknown type"),
        pytest.param("at: 0x0000", "at: 0x10000",
                     "8:13: values.voltage.at: Input should be less than or equal to 65535, got "
                     "'0x10000'",
                     id="an address that no register has"),
        pytest.param("title: Acme One", "title: Acme\ntitle: Acme One",
                     "2:1: 'title' is here twice; remove one", id="a key twice"),
        pytest.param("title: Acme One\n", "",
                     "1:1: title: is missing; add it", id="no title"),
        pytest.param("table: holding", "tabel: holding",
                     "6:1: tabel: unknown; remove it", id="an unknown key"),
        pytest.param("range: [1, 2], means", "range: [1, 2, means",
                     "14:46: not YAML: did not find expected ',' or ']'", id="no YAML"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_profile_is_told_with_its_place(site, old, new, message):
    file = site / "meters" / "acme-1.yaml"
    assert old in WHOLE
    file.write_text(WHOLE.replace(old, new))

    with pytest.raises(ConfigError) as wrong:
        meter_profile("acme-1", site)
    assert str(wrong.value) == f"{file}:{message}"
    assert str(own_profiles(site)["acme-1"]) == str(wrong.value)


def test_all_that_is_wrong_is_told_at_once():
    text = WHOLE.replace("phases: 1", "phases: two").replace("table: holding", "table: output")

    with pytest.raises(ConfigError) as wrong:
        checked_text(text, MeterProfile, "acme.yaml")
    assert str(wrong.value) == (
        "acme.yaml:3:1: phases: Input should be 1 or 3, got 'two'\n"
        "acme.yaml:6:1: table: Input should be 'input' or 'holding', got 'output'"
    )


@pytest.mark.parametrize("text", ["", "- 1\n", "just text"])
def test_a_file_that_is_no_map_is_no_profile(text):
    with pytest.raises(ConfigError, match=r"^acme\.yaml:1:1: "):
        checked_text(text, MeterProfile, "acme.yaml")


def test_a_file_that_cannot_be_read_is_told(site):
    (site / "meters" / "acme-1.yaml").write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigError, match=r"acme-1\.yaml: meter profile: cannot be read"):
        meter_profile("acme-1", site)


def test_every_built_in_profile_is_in_the_package():
    folder = Path(profile_files.__file__).parent / "meter_profiles"
    setup = (Path(__file__).parents[3] / "setup.cfg").read_text()

    folders = {file.parent.name for file in folder.rglob("*.yaml")}
    assert folders == {"meter_profiles", "transcripts"}
    assert "oppleo_flow.devices = meter_profiles/*.yaml, meter_profiles/transcripts/*.yaml" in setup
