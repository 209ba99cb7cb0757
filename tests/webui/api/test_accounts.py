import pytest

from oppleo_flow.accounts.rights import Role
from tests.oppleo_flow.accounts.test_signing import code_of, with_app
from tests.webui.api.account_site import Browser, sign_in_site

PASSWORD = "correct horse"
OTHER = "battery staple"
LOOKS = ("GET", "state")
NOW = "2026-01-15T12:00:00+00:00"


@pytest.fixture
def site(runtime, feed, tmp_path):
    """Return a site that Anna administers, and at which Jan looks."""
    with sign_in_site(runtime, feed, tmp_path) as made:
        made.site.has("anna")
        made.site.has("jan", Role.VIEWER)
        yield made


@pytest.fixture
def anna(site):
    """Return Anna's browser, in which she has just signed in."""
    return signed_in(site)


def signed_in(site, name="anna", **more) -> Browser:
    browser = site.browser()
    status, _ = browser.sign_in(name, **more)
    assert status == 200
    return browser


def test_with_another_password_all_other_sessions_end(site, anna):
    phone = signed_in(site)
    change = {"password": PASSWORD, "new_password": OTHER}
    wrong = {**change, "password": "wrong horse"}
    assert anna.code("PUT", "account/password", wrong) == (401, "not-you")
    assert anna.code("PUT", "account/password", {**change, "new_password": "short"}) == (
        *(422, "not-possible"),
    )
    done = {"count": 1, "tokens_ended": 0, "tokens_left": 0}
    assert anna.ask("PUT", "account/password", change) == (200, done)
    assert (anna.code(*LOOKS), phone.code(*LOOKS)) == ((200, None), (401, "sign-in"))
    assert site.browser().sign_in(password=OTHER)[0] == 200


def test_a_second_factor_is_set_up_in_two_steps(site, anna):
    phone = signed_in(site)
    assert anna.code("POST", "account/two-factor", {"password": "wrong horse"}) == (401, "not-you")
    status, proposed = anna.ask("POST", "account/two-factor", {"password": PASSWORD})
    assert status == 200
    assert proposed["uri"].startswith(f"otpauth://totp/Garage:anna?secret={proposed['secret']}")
    assert proposed["qr_code"].startswith("<svg")
    assert anna.ask("GET", "account")[1]["second_factor"] is False
    confirm = "account/two-factor/confirm"
    assert anna.code("POST", confirm, {"code": "000000"}) == (401, "not-you")
    code = code_of(site.site, proposed["secret"])
    status, codes = anna.ask("POST", confirm, {"code": code})
    assert (status, len(codes["recovery_codes"])) == (200, 10)
    account = anna.ask("GET", "account")[1]
    assert (account["second_factor"], account["recovery_codes_left"]) == (True, 10)
    assert (anna.code(*LOOKS), phone.code(*LOOKS)) == ((200, None), (401, "sign-in"))


def test_a_second_factor_goes_with_password_and_code(site):
    secret, codes = with_app(site.site)
    anna = signed_in(site, code=code_of(site.site, secret))
    remove = "account/two-factor/remove"
    assert anna.code("POST", remove, {"password": PASSWORD}) == (401, "code-needed")
    proof = {"password": PASSWORD, "code": codes[0]}
    assert anna.ask("POST", remove, proof) == (200, {"count": 0})
    assert anna.ask("GET", "account")[1]["second_factor"] is False
    assert site.browser().sign_in()[0] == 200


def test_new_recovery_codes_are_given_for_password_and_code(site):
    secret, codes = with_app(site.site)
    anna = signed_in(site, code=codes[0])
    proof = {"password": PASSWORD, "code": code_of(site.site, secret)}
    status, answer = anna.ask("POST", "account/two-factor/recovery", proof)
    assert (status, len(answer["recovery_codes"])) == (200, 10)
    assert site.browser().sign_in(code=codes[1])[1]["code"] == "not-you"


def test_one_sees_where_one_is_signed_in_and_ends_that(site, anna):
    phone = signed_in(site)
    _, listed = anna.ask("GET", "account/sessions")
    assert listed["total"] == 2
    (other,) = (one for one in listed["items"] if not one["current"])
    assert other == {
        "reference": other["reference"],
        "created_at": NOW,
        "last_seen_at": NOW,
        "expires_at": "2026-01-16T12:00:00+00:00",
        "remembered": False,
        "agent": "",
        "address": "127.0.0.1",
        "current": False,
    }
    one = f"account/sessions/{other['reference']}"
    assert signed_in(site, "jan").code("DELETE", one) == (404, "no-such-session")
    assert anna.ask("DELETE", one) == (200, {"count": 1})
    assert phone.code(*LOOKS) == (401, "sign-in")
    signed_in(site)
    assert anna.ask("DELETE", "account/sessions") == (200, {"count": 1})
    assert anna.code(*LOOKS) == (200, None)


def test_an_api_token_is_shown_once_and_asks_without_a_cookie(site, anna):
    asked = {"name": "meter", "rights": ["look"], "expires_at": "2026-02-15T13:00:00+01:00"}
    status, made = anna.ask("POST", "account/tokens", asked)
    assert (status, made["rights"], made["expires_at"]) == (
        *(201, ["look"]),
        "2026-02-15T12:00:00+00:00",
    )
    program = site.browser()
    bearer = {"Authorization": f"Bearer {made['token']}"}
    assert program.ask(*LOOKS, **bearer)[0] == 200
    status, refused = program.ask("GET", "users", **bearer)
    assert (status, refused["code"]) == (403, "not-allowed")
    _, listed = anna.ask("GET", "account/tokens")
    assert listed["items"] == [
        {key: value for key, value in made.items() if key != "token"} | {"last_used_at": NOW}
    ]
    assert anna.ask("DELETE", f"account/tokens/{made['reference']}") == (200, {"count": 1})
    status, refused = program.ask(*LOOKS, **bearer)
    assert (status, refused["code"]) == (401, "sign-in")


def test_with_another_password_one_says_whether_ones_programs_go_on(site, anna):
    asked = {"name": "meter", "rights": ["look"]}
    bearer = {"Authorization": f"Bearer {anna.ask('POST', 'account/tokens', asked)[1]['token']}"}
    change = {"password": PASSWORD, "new_password": OTHER}
    done = {"count": 0, "tokens_ended": 0, "tokens_left": 1}
    assert anna.ask("PUT", "account/password", change) == (200, done)
    assert site.browser().ask(*LOOKS, **bearer)[0] == 200
    change = {"password": OTHER, "new_password": PASSWORD, "end_tokens": True}
    done = {"count": 0, "tokens_ended": 1, "tokens_left": 0}
    assert anna.ask("PUT", "account/password", change) == (200, done)
    assert site.browser().ask(*LOOKS, **bearer)[0] == 401


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(("PATCH", "users/jan", {"password": OTHER}), id="another password"),
        pytest.param(("PATCH", "users/jan", {"role": "driver"}), id="a role that may less"),
        pytest.param(("DELETE", "users/jan"), id="removal"),
    ],
)
def test_what_an_admin_takes_away_programs_have_no_more(site, anna, change):
    asked = {"name": "screen", "rights": ["look"]}
    made = signed_in(site, "jan").ask("POST", "account/tokens", asked)[1]
    bearer = {"Authorization": f"Bearer {made['token']}"}
    assert site.browser().ask(*LOOKS, **bearer)[0] == 200
    assert anna.ask(*change)[0] == 200
    assert site.browser().ask(*LOOKS, **bearer)[0] == 401
    assert [one["tokens"] for one in anna.ask("GET", "users")[1]["items"]][1:] in ([0], [])


def test_a_role_of_another_version_is_refused_with_what_to_do_and_can_be_mended(site, anna):
    jan = signed_in(site, "jan")
    made = jan.ask("POST", "account/tokens", {"name": "screen", "rights": ["look"]})[1]
    site.site.ledger.users.set_terms("jan", role="auditor", driver=None, may=["look"])
    site.clock.advance(2)
    assert jan.code(*LOOKS) == (401, "sign-in")
    bearer = {"Authorization": f"Bearer {made['token']}"}
    status, told = site.browser().ask(*LOOKS, **bearer)
    assert (status, told["code"]) == (403, "unknown-role")
    status, told = site.browser().sign_in("jan")
    assert (status, told["code"]) == (403, "unknown-role")
    assert "give it another with `oppleo-flow users role NAME ROLE`" in told["detail"]
    assert [one["role"] for one in anna.ask("GET", "users")[1]["items"]] == ["admin", None]
    assert anna.code("PATCH", "users/jan", {"driver": None}) == (409, "refused")
    assert anna.ask("PATCH", "users/jan", {"role": "viewer"})[0] == 200
    assert signed_in(site, "jan").code(*LOOKS) == (200, None)


def test_an_api_token_is_not_made_for_more_than_the_account_may(site):
    jan = signed_in(site, "jan")
    asked = {"name": "more", "rights": ["look", "administer"]}
    status, refused = jan.ask("POST", "account/tokens", asked)
    assert (status, refused["detail"]) == (
        *(422,),
        "rights: above those of the account: administer",
    )


def test_who_administers_lets_others_sign_in(site, anna):
    site.site.ledger.accounts.add("driver", "Anna de Vries")
    asked = {"name": "eva", "password": PASSWORD, "role": "driver", "driver": "Anna de Vries"}
    status, made = anna.ask("POST", "users", asked)
    assert (status, made) == (
        *(201,),
        {
            "name": "eva",
            "role": "driver",
            "driver": "Anna de Vries",
            "password": "set",
            "second_factor": "off",
            "created_at": NOW,
            "last_seen_at": None,
            "sessions": 0,
            "tokens": 0,
        },
    )
    _, listed = anna.ask("GET", "users")
    assert [(one["name"], one["sessions"]) for one in listed["items"]] == [
        *(("anna", 1), ("eva", 0), ("jan", 0)),
    ]
    assert anna.code("POST", "users", {**asked, "name": "jan"}) == (409, "refused")
    unknown = {**asked, "name": "piet", "driver": "nobody"}
    assert anna.code("POST", "users", unknown) == (422, "wrong-body")
    assert signed_in(site, "eva").ask("GET", "account")[1]["driver"] == "Anna de Vries"


def test_the_first_whom_a_demo_lets_sign_in_administers_it(runtime, feed, tmp_path):
    with sign_in_site(runtime, feed, tmp_path, simulated=True) as demo:
        browser = demo.browser()
        jan = {"name": "jan", "password": OTHER, "role": "viewer", "driver": None}
        assert browser.code("POST", "users", jan) == (409, "first-is-admin")
        assert demo.accounts.users() == []
        assert browser.ask("POST", "users", jan | {"role": "admin"})[0] == 201
        assert browser.code("GET", "users") == (401, "sign-in")


def test_with_another_role_somebody_is_to_sign_in_anew(site, anna):
    jan = signed_in(site, "jan")
    assert jan.code("POST", "sessions/stop", {}) == (403, "not-allowed")
    status, changed = anna.ask("PATCH", "users/jan", {"role": "operator"})
    assert (status, changed["role"]) == (200, "operator")
    assert jan.code(*LOOKS) == (401, "sign-in")
    assert site.audit.noted[-1] == ("anna", "user", "'jan' is operator")


def test_who_administers_gives_another_password_and_takes_a_lost_app_away(site, anna):
    with_app(site.site, "jan")
    assert anna.ask("PATCH", "users/jan", {"password": OTHER})[0] == 200
    status, changed = anna.ask("POST", "users/jan/two-factor/remove", {})
    assert (status, changed["second_factor"]) == (200, "off")
    assert site.browser().sign_in("jan", OTHER)[0] == 200


def test_who_is_removed_is_signed_in_nowhere(site, anna):
    jan = signed_in(site, "jan")
    assert anna.ask("DELETE", "users/jan/sessions") == (200, {"count": 1})
    jan = signed_in(site, "jan")
    assert anna.ask("DELETE", "users/jan") == (200, {"count": 1})
    assert jan.code(*LOOKS) == (401, "sign-in")
    assert anna.code("DELETE", "users/jan") == (404, "no-such-user")
    assert anna.code("DELETE", "users/anna") == (409, "refused")


def test_a_command_has_no_account_of_its_own(site):
    status, refused = site.browser().ask(
        "GET", "account/sessions", Authorization="Bearer command_key"
    )
    assert (status, refused["detail"]) == (409, "whoever asks here has no account")


SCRIPT = "<script>alert(1)</script>"


def test_a_script_in_a_name_comes_back_as_text_of_json(site, anna):
    asked = {"name": "<b>eve<b>", "password": PASSWORD, "role": "viewer"}
    assert anna.ask("POST", "users", asked)[1]["name"] == "<b>eve<b>"
    assert anna.code("POST", "users", {**asked, "name": SCRIPT}) == (422, "not-possible")
