import pytest

from oppleo_flow.cli import main


def listing(capsys) -> list[str]:
    capsys.readouterr()
    assert main(["accounts", "list"]) == 0
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_drivers_vehicles_and_cost_centres_are_known_by_name(site, capsys):
    main(["accounts", "add", "driver", "Anna"])
    main(["accounts", "add", "cost-centre", "acme"])
    assert main(["accounts", "add", "vehicle", "ioniq", "--plate", "X-123-Y"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "vehicle 'ioniq' is known"
    assert listing(capsys) == [
        "kind name plate make and model vin km e-mail state before",
        "driver Anna",
        "vehicle ioniq X-123-Y",
        "cost-centre acme",
    ]
    assert main(["accounts", "remove", "driver", "Anna"]) == 0
    assert "driver Anna" not in listing(capsys)


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["add", "driver", "Ben"], 3, "driver 'Ben': is known already"),
        (["add", "driver", " "], 3, "driver: a name is needed, got ' '"),
        (["remove", "vehicle", "zoe"], 3, "vehicle 'zoe': is not known"),
        (
            ["remove", "driver", "Ben"],
            3,
            "driver 'Ben': the card 'family' is for it; change that first",
        ),
        (
            ["add", "driver", "Cas", "--plate", "X"],
            2,
            "--plate: only a vehicle has one; see `oppleo-flow accounts --help`",
        ),
    ],
)
def test_what_cannot_be_is_refused(site, capsys, words, code, line):
    main(["accounts", "add", "driver", "Ben"])
    main(["tokens", "add", "04A1B2C3", "--label", "family", "--driver", "Ben"])
    capsys.readouterr()
    assert main(["accounts", *words]) == code
    assert capsys.readouterr().err == f"oppleo-flow: {line}\n"


def test_a_vehicle_is_changed_renamed_and_retired(site, capsys):
    car = ["--make", "Hyundai", "--model", "Ioniq 5", "--vin", "KMHC851JFLU049623"]
    main(["accounts", "add", "vehicle", "ioniq", "--plate", "X-1", *car])
    assert main(["accounts", "change", "vehicle", "ioniq", "--plate", "none"]) == 0
    assert listing(capsys)[1] == "vehicle ioniq Hyundai Ioniq 5 KMHC851JFLU049623"
    assert main(["accounts", "rename", "vehicle", "ioniq", "--to", "car"]) == 0
    assert capsys.readouterr().out == "vehicle 'ioniq' is now 'car'\n"
    main(["accounts", "retire", "vehicle", "car"])
    assert listing(capsys)[1] == "vehicle car Hyundai Ioniq 5 KMHC851JFLU049623 retired ioniq"
    assert main(["accounts", "restore", "vehicle", "car"]) == 0
    assert listing(capsys)[1] == "vehicle car Hyundai Ioniq 5 KMHC851JFLU049623 ioniq"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        pytest.param(
            ["change", "vehicle", "ioniq"],
            "nothing would change; say what is another, such as --plate",
            id="nothing is said",
        ),
        pytest.param(
            ["change", "vehicle", "ioniq", "--vin", "1"],
            "--vin: 17 digits and capitals without I, O and Q are needed (ISO 3779), got '1'",
            id="no VIN",
        ),
        pytest.param(
            ["change", "driver", "Anna"],
            "nothing would change; say --email, or see `rename`",
            id="nothing is said of a driver",
        ),
        pytest.param(
            ["change", "driver", "Anna", "--email", "Anna <anna@example.org>"],
            "--email: an address such as me@example.org is needed, without a name, "
            "got 'Anna <anna@example.org>'",
            id="no address",
        ),
        pytest.param(
            ["change", "vehicle", "ioniq", "--email", "van@example.org"],
            "--email: a vehicle has none",
            id="an address of a vehicle",
        ),
    ],
)
def test_what_cannot_be_changed_is_said(site, capsys, words, line):
    main(["accounts", "add", "vehicle", "ioniq"])
    capsys.readouterr()
    assert main(["accounts", *words]) == 2
    assert capsys.readouterr().err == f"oppleo-flow: {line}; see `oppleo-flow accounts --help`\n"


def test_a_driver_and_a_cost_centre_have_an_address_for_their_own_statements(site, capsys):
    main(["accounts", "add", "driver", "Anna", "--email", "anna@example.org"])
    main(["accounts", "add", "cost-centre", "acme"])
    assert main(["accounts", "change", "cost-centre", "acme", "--email", "acme@example.com"]) == 0
    assert listing(capsys)[1:3] == [
        "driver Anna anna@example.org",
        "cost-centre acme acme@example.com",
    ]
    main(["accounts", "change", "driver", "Anna", "--email", "none"])
    assert listing(capsys)[1] == "driver Anna"
