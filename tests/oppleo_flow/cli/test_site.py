import textwrap
from pathlib import Path

import pytest

from oppleo_flow.cli.settings_file import read_settings
from oppleo_flow.cli.site import Site
from oppleo_flow.errors import ConfigError
from oppleo_flow.store.location import StoreLocation

SETTINGS = """\
format: 1
charge_point: {id: garage, name: In the garage}
timezone: Europe/Amsterdam
currency: EUR
flow: charge-point
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "oppleo.yaml"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


def test_what_is_not_said_has_its_usual_value(tmp_path):
    settings = read_settings(write(tmp_path, SETTINGS))
    assert settings.simulate is False
    assert (settings.web.host, settings.web.port) == ("127.0.0.1", 8080)
    assert (settings.log.level, settings.log.size_kb, settings.log.keep) == ("info", 512, 5)
    assert settings.durable_wires.disk == 50_000_000


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param(
            "flow: charge-point",
            "flow: charge-point\nsimluate: true",
            "6:1: 'simluate' is not an option of oppleo.yaml; did you mean 'simulate'?",
            id="an unknown key",
        ),
        pytest.param(
            "timezone: Europe/Amsterdam",
            "timezone: Amsterdam",
            "3:11: 'timezone': an IANA time zone such as Europe/Amsterdam is needed, "
            "got 'Amsterdam'",
            id="a zone that is none",
        ),
        pytest.param(
            "flow: charge-point",
            "flow: charge-point\ndurable_wires: {disk: 50}",
            "6:23: 'durable_wires.disk': a size such as 50MB, 500kB or 2GB is needed, got 50",
            id="a size without a unit",
        ),
        pytest.param(
            "currency: EUR\n",
            "",
            "1:1: 'currency' is missing; add 'currency: …' (The ISO 4217 code of the money)",
            id="a setting that must be there",
        ),
        pytest.param(
            "flow: charge-point",
            "flow: charge-point\nweb: {local_networks: [192.168.1.0/33]}",
            "6:24: 'web.local_networks[0]': a network such as 192.168.1.0/24 or fd00::/8 is "
            "needed, got '192.168.1.0/33'",
            id="a network that is none",
        ),
        pytest.param(
            "flow: charge-point",
            "flow: charge-point\nweb: {proxies: [192.168.1.7/24]}",
            "6:17: 'web.proxies[0]' is an address in a network; write the network, "
            "192.168.1.0/24, got '192.168.1.7/24'",
            id="a network with an address of a machine in it",
        ),
        pytest.param(
            "flow: charge-point",
            "flow: charge-point\nweb: {names: ['http://garage']}",
            "6:15: 'web.names[0]': a host name such as garage.local is needed, without port or "
            "slash, got 'http://garage'",
            id="a host name with more than the name",
        ),
        pytest.param(
            "flow: charge-point",
            "flow: charge-point\nweb: {certificate: web.pem}",
            "6:6: 'web': certificate and key are needed together, got a map",
            id="a certificate without its key",
        ),
        pytest.param(
            "flow: charge-point",
            "flow: charge-point\nweb: {remote: maybe}",
            "6:15: 'web.remote' must be second-factor, password or refused, got 'maybe'",
            id="a rule for who is far that is none",
        ),
        pytest.param(
            "flow: charge-point",
            "flow: charge-point\nweb: {host: localhost}",
            "6:13: 'web.host': an address of this machine is needed, such as 192.168.1.10; "
            "0.0.0.0 means all of them, got 'localhost'",
            id="a name, which the server would refuse",
        ),
        pytest.param(
            "flow: charge-point",
            "flow: charge-point\nweb: {port: 99999}",
            "6:13: 'web.port' must be at most 65535, got 99999",
            id="a port that is none",
        ),
        pytest.param(
            "format: 1",
            "format: 2",
            "1:9: 'format': this version of the program reads format 1 only, got 2",
            id="another form",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_its_line(tmp_path, old, new, message):
    path = write(tmp_path, SETTINGS.replace(old, new))
    with pytest.raises(ConfigError) as error:
        Site.load(tmp_path)
    assert str(error.value) == f"{path}:{message}"


def test_of_several_wrong_settings_the_first_is_told_and_the_rest_counted(tmp_path):
    path = write(tmp_path, SETTINGS.replace("EUR", "euro").replace("garage,", "My Garage,"))
    with pytest.raises(ConfigError) as error:
        Site.load(tmp_path)
    assert str(error.value).startswith(f"{path}:2:20: 'charge_point.id': small letters")
    assert str(error.value).endswith(" (and 1 more; `oppleo-flow check` shows all)")


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n"])
def test_a_file_without_settings_is_refused(tmp_path, text):
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        Site.load(tmp_path)
    assert str(error.value) == f"{path}:1:1: a map of settings is needed here"


def test_a_file_that_is_not_text_is_refused(tmp_path):
    (tmp_path / "oppleo.yaml").write_bytes(b"flow: \xff\n")
    with pytest.raises(ConfigError) as error:
        Site.load(tmp_path)
    assert str(error.value) == (
        f"{tmp_path}/oppleo.yaml:1:7: the byte 0xff is not UTF-8; save the file as UTF-8"
    )


@pytest.mark.parametrize(
    ("said", "asked", "folder"),
    [
        pytest.param("false", False, ".oppleo", id="a real site"),
        pytest.param("true", False, ".oppleo/simulated", id="a simulated site"),
        pytest.param("false", True, ".oppleo/simulated", id="a real site that is simulated once"),
    ],
)
def test_a_simulation_keeps_its_ledger_and_state_apart(tmp_path, said, asked, folder):
    write(tmp_path, SETTINGS + f"simulate: {said}\n")
    site = Site.load(tmp_path, simulate=asked)
    assert site.service(StoreLocation).path == tmp_path / folder / "ledger.sqlite"
    assert site.state == tmp_path / folder / "state.sqlite"


def test_a_site_says_which_service_it_does_not_have(tmp_path):
    write(tmp_path, SETTINGS)
    with pytest.raises(ConfigError) as error:
        Site.load(tmp_path).service(Path)
    assert str(error.value) == f"{tmp_path}: this site has no Path"


def test_a_service_that_was_provided_is_there(tmp_path):
    write(tmp_path, SETTINGS)
    site = Site.load(tmp_path)
    site.provide(Path, tmp_path)
    assert site.service(Path) is tmp_path
