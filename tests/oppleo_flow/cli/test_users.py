import io

import pytest

from oppleo_flow.cli import main
from oppleo_flow.passwords import verify
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.store.sign_in_rows import ApiToken, WebSession
from oppleo_flow.store.user_rows import User
from tests.oppleo_flow.oppleo_import.imports import NOW


@pytest.fixture
def typed(monkeypatch):
    def type_in(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{text}\n"))

    return type_in


def users(site) -> dict[str, User]:
    with open_ledger(StoreLocation(site / ".oppleo" / "ledger.sqlite"), "garage") as ledger:
        return {user.name: user for user in ledger.users.all()}


def test_somebody_is_let_in_by_a_password_that_is_not_kept(site, typed, capsys):
    typed("correct horse")
    assert main(["users", "add", "Zoë"]) == 0
    assert capsys.readouterr().out == "'Zoë' may sign in as admin\n"
    kept = users(site)["Zoë"].password
    assert "correct horse" not in kept
    assert verify("correct horse", kept)


def test_another_password_takes_the_place_of_the_one_before(site, typed, capsys):
    typed("correct horse")
    main(["users", "add", "anna"])
    typed("battery staple")
    assert main(["users", "password", "anna"]) == 0
    assert verify("battery staple", users(site)["anna"].password)
    assert not verify("correct horse", users(site)["anna"].password)


def test_who_is_removed_may_sign_in_no_more(site, typed, capsys):
    typed("correct horse")
    main(["users", "add", "anna"])
    assert main(["users", "remove", "anna"]) == 0
    assert users(site) == {}


def test_the_first_is_an_admin_and_others_look_unless_said_otherwise(site, typed, capsys):
    main(["accounts", "add", "driver", "Jan"])
    for words in (["anna"], ["bert"], ["jan", "--role", "driver", "--driver", "Jan"]):
        typed("correct horse")
        assert main(["users", "add", *words]) == 0
    assert [(user.name, user.role, user.driver) for user in users(site).values()] == [
        ("anna", "admin", None),
        ("bert", "viewer", None),
        ("jan", "driver", "Jan"),
    ]
    typed("correct horse")
    assert main(["users", "add", "eve", "--driver", "nobody"]) == 3
    assert "driver 'nobody': is not known" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "done"),
    [
        pytest.param(
            ["role", "anna", "editor"],
            "'anna' is editor, and 1 API token of theirs ended",
            id="another role",
        ),
        pytest.param(
            ["reset", "anna"],
            "'anna' has another password, and 2 API tokens of theirs ended",
            id="another password",
        ),
        pytest.param(
            ["disable-2fa", "anna"], "'anna' signs in without a second factor", id="no app"
        ),
        pytest.param(["remove", "anna"], "'anna' may sign in no more", id="removal"),
    ],
)
def test_who_is_changed_from_the_console_is_signed_in_nowhere(site, typed, capsys, words, done):
    typed("correct horse")
    main(["users", "add", "anna"])
    with open_ledger(StoreLocation(site / ".oppleo" / "ledger.sqlite"), "garage") as ledger:
        session = WebSession("a" * 64, "anna", *[NOW] * 4, False, False, "Firefox", "::1")
        ledger.sign_ins.add_session(session)
        for name, rights in (("screen", "look"), ("chief", "administer look")):
            ledger.sign_ins.add_token(ApiToken(name, "anna", name, rights, NOW, None))
        ledger.users.set_second_factor("anna", "sealed", 1, ["e" * 64])
    capsys.readouterr()
    typed("battery staple")
    assert main(["users", *words]) == 0
    assert capsys.readouterr().out == f"{done}\n"
    with open_ledger(StoreLocation(site / ".oppleo" / "ledger.sqlite"), "garage") as ledger:
        assert ledger.sign_ins.sessions() == []


def test_a_role_of_another_version_is_listed_and_mended(site, typed, capsys):
    typed("correct horse")
    main(["users", "add", "anna"])
    with open_ledger(StoreLocation(site / ".oppleo" / "ledger.sqlite"), "garage") as ledger:
        ledger.users.set_terms("anna", role="auditor", driver=None, may=())
    capsys.readouterr()
    assert main(["users", "list"]) == 0
    assert "auditor: not of this version; give another" in capsys.readouterr().out
    assert main(["users", "role", "anna", "admin"]) == 0
    assert users(site)["anna"].role == "admin"


def test_who_takes_the_last_admin_away_is_told_how_there_is_one_again(site, typed, capsys):
    for name in ("anna", "bert"):
        typed("correct horse")
        main(["users", "add", name])
    capsys.readouterr()
    assert main(["users", "remove", "anna"]) == 0
    assert capsys.readouterr().err == (
        "nobody administers the site now; `oppleo-flow users role NAME admin`\n"
    )


def test_a_second_factor_is_disabled_from_the_console(site, typed):
    typed("correct horse")
    main(["users", "add", "anna"])
    with open_ledger(StoreLocation(site / ".oppleo" / "ledger.sqlite"), "garage") as ledger:
        ledger.users.set_second_factor("anna", "sealed", 1, ["e" * 64])
    assert main(["users", "disable-2fa", "anna"]) == 0
    assert users(site)["anna"].totp_secret is None


def test_a_short_password_is_refused(site, typed, capsys):
    typed("admin")
    assert main(["users", "add", "anna"]) == 2
    assert capsys.readouterr().err == (
        "oppleo-flow: password: 8 to 1024 characters are needed, got 5\n"
    )


def test_the_list_says_what_is_due(site, typed, capsys):
    typed("correct horse")
    main(["users", "add", "anna"])
    with open_ledger(StoreLocation(site / ".oppleo" / "ledger.sqlite"), "garage") as ledger:
        ledger.users.add(User("admin", None), NOW)
        ledger.users.add(User("bert", "pbkdf2:sha256:1$a$00", True, "sealed"), NOW)
        cora = User("cora", "pbkdf2:sha256:1$a$00", True, driver="Cora")
        ledger.users.add(cora, NOW)
        ledger.users.set_second_factor("anna", "sealed", 1, ["e" * 64])
    capsys.readouterr()
    assert main(["users", "list"]) == 0
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "user   role    driver  password                                second factor",
        "admin  viewer          none: set one",
        "anna   admin           set                                     on",
        "bert   viewer          of Oppleo, renewed at the next sign-in  "
        "of Oppleo, unsealed at the next sign-in",
        "cora   viewer  Cora    of Oppleo, renewed at the next sign-in  to be set up anew",
    ]


@pytest.mark.parametrize(
    ("second", "code"),
    [
        pytest.param("correct horse", 0, id="the same twice is a password"),
        pytest.param("correct hoarse", 2, id="a slip is noticed"),
    ],
)
def test_at_a_terminal_it_is_typed_twice(site, monkeypatch, capsys, second, code):
    answers = iter(["correct horse", second])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda question: next(answers))
    assert main(["users", "add", "anna"]) == code
    if code:
        assert capsys.readouterr().err == (
            "oppleo-flow: the two are not the same; see `oppleo-flow users --help`\n"
        )
