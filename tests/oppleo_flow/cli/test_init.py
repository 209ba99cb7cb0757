import stat
from pathlib import Path

import pytest

from oppleo_flow.cli import main
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.templates import STARTERS, starter
from oppleo_flow.store import StoreLocation, open_ledger

REPOSITORY = Path(__file__).parents[3]
ZONE = ["--timezone", "Europe/Amsterdam"]


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_site_folder_has_settings_secrets_flows_and_a_place_for_nodes(tmp_path, capsys):
    folder = tmp_path / "My Garage"
    assert main(["init", str(folder), *ZONE]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{folder}: a site with the flow 'raspberry-pi'; its settings stand in oppleo.yaml",
        f"next:  oppleo-flow run '{folder}'",
    ]
    assert files(folder) == [
        ".gitignore",
        "flows",
        "flows/charge-point.yaml",
        "flows/meter-logger.yaml",
        "flows/raspberry-pi.yaml",
        "nodes",
        "oppleo.yaml",
        "reports",
        "secrets.yaml",
    ]
    settings = (folder / "oppleo.yaml").read_text()
    assert "  id: my-garage " in settings
    assert "\nflow: raspberry-pi " in settings
    assert "\nsimulate: false " in settings


def test_only_the_owner_can_read_the_secrets_whatever_the_umask(tmp_path):
    main(["init", str(tmp_path), *ZONE])
    assert stat.S_IMODE((tmp_path / "secrets.yaml").stat().st_mode) == 0o600


@pytest.mark.parametrize("words", [[], ["--simulated"], ["--starter", "meter-logger"]])
def test_a_new_site_is_free_of_errors(tmp_path, words, capsys):
    main(["init", str(tmp_path), *ZONE, *words])
    capsys.readouterr()
    assert main(["check", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "4 files checked: no errors\n"


def test_a_simulated_site_begins_with_cards_that_may_charge_and_a_price(tmp_path, capsys):
    folder = tmp_path / "demo"
    assert main(["init", str(folder), "--simulated", *ZONE]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{folder}: a site with the flow 'charge-point'; its settings stand in oppleo.yaml",
        "the simulated ledger knows the cards 'family' (04A1B2C3) and 'office' (04E1D2C3B4A596); "
        "a kWh costs 0.35 EUR",
        f"next:  oppleo-flow run {folder}",
    ]
    location = StoreLocation(folder / ".oppleo" / "simulated" / "ledger.sqlite")
    with open_ledger(location, "demo", read_only=True) as ledger:
        assert [token.label for token in ledger.tokens.all()] == ["family", "office"]
        assert ledger.tokens.of_card("DEADBEEF", "956397706018") is None
        assert [str(price.price_per_kwh) for price in ledger.prices.all()] == ["0.35"]
    assert not (folder / ".oppleo" / "ledger.sqlite").exists()


def test_nothing_is_overwritten(tmp_path, capsys):
    flow = tmp_path / "flows" / "raspberry-pi.yaml"
    flow.parent.mkdir()
    flow.write_text("mine")
    assert main(["init", str(tmp_path), *ZONE]) == 3
    assert capsys.readouterr().err == (
        f"oppleo-flow: {flow}: exists already and is not overwritten\n"
    )
    assert files(tmp_path) == ["flows", "flows/raspberry-pi.yaml"]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        pytest.param(
            ["--currency", "euro"],
            "'currency': a code of three capitals such as EUR is needed, got 'euro'",
            id="a currency that is none",
        ),
        pytest.param(
            ["--timezone", "Amsterdam"],
            "'timezone': an IANA time zone such as Europe/Amsterdam is needed, got 'Amsterdam'",
            id="a zone that is none",
        ),
    ],
)
def test_wrong_settings_make_no_site(tmp_path, words, line, capsys):
    assert main(["init", str(tmp_path / "site"), *ZONE, *words]) == 2
    assert capsys.readouterr().err == f"oppleo-flow: {line}; see `oppleo-flow init --help`\n"
    assert files(tmp_path) == []


def test_a_name_may_have_any_letters(tmp_path):
    main(["init", str(tmp_path), *ZONE, "--name", 'Zoë: the "new" one # 2'])
    assert main(["check", str(tmp_path)]) == 0


def test_the_time_zone_of_a_new_site_stands_in_its_settings_only(tmp_path):
    main(["init", str(tmp_path), "--timezone", "America/New_York"])
    assert Site.load(tmp_path).timezone == "America/New_York"
    for name in STARTERS:
        flow, _, _ = (tmp_path / "flows" / f"{name}.yaml").read_text().partition("\ntests:")
        assert "zone:" not in flow


def test_the_starter_is_the_flow_that_is_shipped():
    shipped = (REPOSITORY / "flows" / "charge-point.yaml").read_text(encoding="utf-8")
    assert starter("charge-point") == shipped


@pytest.mark.parametrize("name", STARTERS)
def test_a_starter_begins_with_comments_that_say_what_it_is(name):
    assert starter(name).startswith("# ")


def test_what_a_new_site_could_say_of_its_statements_is_right(tmp_path):
    main(["init", str(tmp_path / "garage"), "--simulated"])
    settings = tmp_path / "garage" / "oppleo.yaml"
    text = settings.read_text(encoding="utf-8")
    begin = text.index("# statement:")
    block, rest = text[begin:].split("\n\n", 1)
    said = "\n".join(line.removeprefix("# ") for line in block.splitlines())
    settings.write_text(f"{text[:begin]}{said}\n\n{rest}", encoding="utf-8")
    assert Site.load(settings.parent).settings.statement.employee == "Anna de Vries"
