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
        "kind name plate",
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
