from datetime import UTC, datetime, timedelta

import pytest

from oppleo_flow.cli import main
from oppleo_flow.payloads import SessionStarted
from oppleo_flow.store import StoreLocation, open_ledger


def listing(capsys) -> list[str]:
    capsys.readouterr()
    assert main(["tokens", "list"]) == 0
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_a_card_that_was_added_may_charge(site, capsys):
    assert main(["tokens", "add", "04:a1:b2:c3", "--label", "family"]) == 0
    assert capsys.readouterr().out == "04A1B2C3 'family' may charge\n"
    assert listing(capsys) == [
        "uid oppleo label state from until for at most last refused last used sessions",
        "04A1B2C3 19892716500 family may charge",
    ]


@pytest.mark.parametrize(
    ("number", "uid"),
    [
        pytest.param("19892716500", "04A1B2C3 ", id="which tells a short UID"),
        pytest.param("584190412223", "", id="which is a part of a longer one"),
    ],
)
def test_a_card_of_an_oppleo_box_is_added_by_its_number(site, capsys, number, uid):
    assert main(["tokens", "add", number, "--label", "anna"]) == 0
    assert capsys.readouterr().out == f"{uid.strip() or number} 'anna' may charge\n"
    assert listing(capsys)[1] == f"{uid}{number} anna may charge"


def test_a_card_can_be_valid_for_some_days_only(site, capsys):
    days = ["--from", "2026-02-01", "--until", "2026-02-07"]
    assert main(["tokens", "add", "04A1B2C3", "--label", "guest", *days]) == 0
    assert listing(capsys)[1].endswith("guest may charge 2026-02-01 2026-02-07")


@pytest.mark.parametrize("name", ["04A1B2C3", "04:a1:b2:c3", "family", "19892716500"])
def test_a_card_is_disabled_and_enabled_by_any_of_its_names(site, capsys, name):
    main(["tokens", "add", "04A1B2C3", "--label", "family"])
    assert main(["tokens", "disable", name]) == 0
    assert listing(capsys)[1] == "04A1B2C3 19892716500 family may not"
    assert main(["tokens", "enable", name]) == 0
    assert listing(capsys)[1] == "04A1B2C3 19892716500 family may charge"


def test_a_card_that_was_swiped_and_refused_can_be_enabled(site, capsys):
    at = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
    with open_ledger(StoreLocation(site / ".oppleo" / "ledger.sqlite"), "garage") as ledger:
        ledger.tokens.note_refused("DEADBEEF", "956397706018", at)
    assert listing(capsys)[1] == "DEADBEEF 956397706018 may not 2026-01-15 12:00:00Z"
    assert main(["tokens", "enable", "DEADBEEF"]) == 2
    assert capsys.readouterr().err == (
        "oppleo-flow: this card has no label yet; say with --label what it is; "
        "see `oppleo-flow tokens --help`\n"
    )
    assert main(["tokens", "enable", "DEADBEEF", "--label", "guest"]) == 0
    assert listing(capsys)[1] == "DEADBEEF 956397706018 guest may charge 2026-01-15 12:00:00Z"


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        pytest.param(
            ["add", "04A1B2", "--label", "family"],
            2,
            "a UID of 4, 7 or 10 bytes in hex is needed, such as 04A1B2C3, or the number by which "
            "Oppleo knows the card, got '04A1B2'; see `oppleo-flow tokens --help`",
            id="a UID that is too short",
        ),
        pytest.param(
            ["add", "--label", "x"],
            2,
            "either a UID or --virtual is needed; see `oppleo-flow tokens --help`",
            id="neither a card nor none",
        ),
        pytest.param(
            ["add", "04A1B2C3", "--label", "x", "--vehicle", "ioniq"],
            3,
            "vehicle 'ioniq': is not known; add it with `oppleo-flow accounts add vehicle`",
            id="a vehicle that nobody knows",
        ),
        pytest.param(
            ["add", "04A1B2C3", "--label", "x", "--max-kwh", "-1"],
            2,
            "--max-kwh: a number such as 20 or 7.5 is needed, got '-1'; "
            "see `oppleo-flow tokens --help`",
            id="a limit that is none",
        ),
        pytest.param(
            ["add", "04A1B2C3", "--label", "x", "--max-time", "4"],
            2,
            "--max-time: a time such as 4h or 90m is needed, got '4'; "
            "see `oppleo-flow tokens --help`",
            id="a time without a unit",
        ),
        pytest.param(
            ["add", "19892716501", "--label", "family"],
            2,
            "Oppleo's number of a card has a check byte, which differs in '19892716501'; "
            "see `oppleo-flow tokens --help`",
            id="a slip in Oppleo's number",
        ),
        pytest.param(
            ["add", "04A1B2C3"],
            2,
            "say with --label what people call the card; see `oppleo-flow tokens --help`",
            id="a card without a label",
        ),
        pytest.param(
            ["add", "04A1B2C3", "--label", "x", "--from", "2026-02-02", "--until", "2026-02-01"],
            2,
            "--until: 2026-02-01 is before the first day, 2026-02-02; "
            "see `oppleo-flow tokens --help`",
            id="days in the wrong order",
        ),
        pytest.param(
            ["enable", "nobody"],
            3,
            "no card 'nobody' is known; see `oppleo-flow tokens list`",
            id="a card that nobody knows",
        ),
        pytest.param(
            ["enable"],
            2,
            "the following arguments are required: CARD; see `oppleo-flow tokens enable --help`",
            id="no card at all",
        ),
    ],
)
def test_what_is_no_card_is_refused(site, capsys, words, code, line):
    assert main(["tokens", *words]) == code
    assert capsys.readouterr().err == f"oppleo-flow: {line}\n"


def test_a_card_is_added_once(site, capsys):
    main(["tokens", "add", "04A1B2C3", "--label", "family"])
    assert main(["tokens", "add", "04A1B2C3", "--label", "again"]) == 3
    assert capsys.readouterr().err == (
        "oppleo-flow: token 04A1B2C3: is known already; change that one\n"
    )


def test_a_label_of_two_cards_does_not_say_which(site, capsys):
    main(["tokens", "add", "04A1B2C3", "--label", "family"])
    main(["tokens", "add", "DEADBEEF", "--label", "family"])
    assert main(["tokens", "disable", "family"]) == 3
    assert capsys.readouterr().err == (
        "oppleo-flow: 'family' means 2 cards (04A1B2C3, DEADBEEF); say which by its UID\n"
    )


def test_a_token_for_the_page_has_no_card(site, capsys):
    assert main(["tokens", "add", "--virtual", "--label", "page"]) == 0
    uid, *rest = listing(capsys)[1].split()
    assert uid.startswith("WEB-")
    assert rest == ["page", "may", "charge"]


def test_what_sessions_are_for_and_how_much_they_may_take_is_said_of_the_token(site, capsys):
    main(["tokens", "add", "04A1B2C3", "--label", "family"])
    main(["accounts", "add", "driver", "Anna"])
    main(["accounts", "add", "vehicle", "ioniq", "--plate", "X-123-Y"])
    words = ["--driver", "Anna", "--vehicle", "ioniq", "--max-kwh", "7.5", "--max-time", "90m"]
    assert main(["tokens", "change", "family", *words]) == 0
    line = "04A1B2C3 19892716500 family may charge Anna, ioniq 7.5 kWh, 1:30 h"
    assert listing(capsys)[1] == line
    assert main(["tokens", "change", "family", "--driver", "none", "--max-time", "none"]) == 0
    assert listing(capsys)[1] == "04A1B2C3 19892716500 family may charge ioniq 7.5 kWh"


def test_the_next_card_can_be_enrolled(site, capsys):
    assert main(["tokens", "enrol", "--label", "guest"]) == 0
    assert capsys.readouterr().out.startswith("the next unknown card that is swiped before ")
    with open_ledger(StoreLocation(site / ".oppleo" / "ledger.sqlite"), "garage") as ledger:
        now = datetime.now(UTC)
        assert ledger.enrolments.armed(now).label == "guest"
        assert ledger.enrolments.armed(now + timedelta(seconds=121)) is None
    assert main(["tokens", "enrol", "--stop"]) == 0
    assert capsys.readouterr().out == "no card is waited for\n"
    with open_ledger(StoreLocation(site / ".oppleo" / "ledger.sqlite"), "garage") as ledger:
        assert ledger.enrolments.armed(now) is None


def test_a_change_of_nothing_is_refused_and_not_noted(site, capsys):
    assert main(["tokens", "add", "04A1B2C3", "--label", "family"]) == 0
    assert main(["tokens", "change", "family"]) == 2
    assert capsys.readouterr().err == (
        "oppleo-flow: nothing would change; say what is another, such as --label; "
        "see `oppleo-flow tokens change --help`\n"
    )


def test_a_card_that_never_charged_is_removed_and_one_that_did_is_not(site, capsys):
    main(["tokens", "add", "04A1B2C3", "--label", "guest"])
    main(["tokens", "add", "04A1B2C4", "--label", "family"])
    with open_ledger(StoreLocation(site / ".oppleo" / "ledger.sqlite"), "garage") as ledger:
        family = ledger.tokens.all()[0]
        ledger.sessions.record(SessionStarted.sample(token_id=family.token_id))
    capsys.readouterr()
    assert main(["tokens", "remove", "guest"]) == 0
    assert capsys.readouterr().out == "04A1B2C3 'guest' is known no more\n"
    assert main(["tokens", "remove", "family"]) == 3
    assert capsys.readouterr().err == (
        "oppleo-flow: token 04A1B2C4: has a session; retire it instead, "
        "so that everybody sees whose they are\n"
    )


def test_a_card_is_retired_and_restored(site, capsys):
    main(["tokens", "add", "04A1B2C3", "--label", "family"])
    assert main(["tokens", "retire", "family"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "04A1B2C3 'family' is retired"
    assert listing(capsys)[1:] == []
    assert main(["tokens", "list", "--retired"]) == 0
    assert "retired" in capsys.readouterr().out
    assert main(["tokens", "restore", "family"]) == 0
    assert capsys.readouterr().out == "04A1B2C3 'family' is back; `enable` lets it charge\n"
    assert listing(capsys)[1] == "04A1B2C3 19892716500 family may not"
    main(["tokens", "retire", "family"])
    assert main(["tokens", "enable", "family"]) == 0
    assert listing(capsys)[1] == "04A1B2C3 19892716500 family may charge"
