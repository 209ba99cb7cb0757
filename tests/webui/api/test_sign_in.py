import pytest

from oppleo_flow.accounts.networks import Networks
from oppleo_flow.accounts.rights import Role
from oppleo_flow.accounts.rules import AccessRules
from oppleo_flow.store.user_rows import User
from tests.oppleo_flow.accounts.test_signing import code_of, with_app
from tests.webui.api.account_site import sign_in_site

PASSWORD = "correct horse"
LOOKS = ("GET", "state")
NOBODY = {
    "signed_in": False,
    "demo": False,
    "first_run": False,
    "public_view": False,
    "language": "en",
    "timezone": "UTC",
    "name": "",
    "role": None,
    "driver": None,
    "rights": ["anyone"],
    "csrf_token": None,
    "sure_until": None,
    "second_factor": False,
    "second_factor_due": False,
    "recovery_codes_left": 0,
}


@pytest.fixture
def make_site(runtime, feed, tmp_path):
    made = []

    def make(**parts):
        context = sign_in_site(runtime, feed, tmp_path, **parts)
        made.append(context)
        return context.__enter__()

    yield make
    for context in made:
        context.__exit__(None, None, None)


@pytest.fixture
def site(make_site):
    """Return a site on real hardware that Anna administers."""
    site = make_site()
    site.site.has("anna")
    return site


def test_who_signs_in_may_look_and_who_signs_out_may_not_any_more(site):
    browser = site.browser()
    assert browser.code(*LOOKS) == (401, "sign-in")
    status, answer = browser.sign_in()
    assert (status, answer["signed_in"], answer["name"], answer["role"]) == (
        *(200, True),
        *("anna", "admin"),
    )
    assert browser.code(*LOOKS) == (200, None)
    kept = browser.cookie
    assert browser.ask("POST", "sign-out", {}) == (200, {"count": 1})
    assert browser.set_cookie.startswith("oppleo_session=; Path=/; HttpOnly")
    browser.cookie = kept
    assert browser.code(*LOOKS) == (401, "sign-in")


def test_the_cookie_is_for_no_script_and_no_other_site(site):
    browser = site.browser()
    browser.sign_in()
    assert browser.set_cookie == (
        f"oppleo_session={browser.cookie}; Path=/; HttpOnly; SameSite=Strict"
    )
    browser.sign_in(remember=True)
    assert browser.set_cookie.endswith("; SameSite=Strict; Max-Age=7776000")


def test_by_https_the_cookie_is_for_https_alone(make_site):
    site = make_site(proxies=Networks(["127.0.0.1"]))
    site.site.has("anna")
    browser = site.browser()
    asked = {"name": "anna", "password": PASSWORD}
    browser.ask(
        *("POST", "sign-in", asked),
        X_Forwarded_For="192.168.1.2",
        X_Forwarded_Proto="https",
    )
    assert browser.set_cookie.endswith("; SameSite=Strict; Secure")


def test_who_is_signed_in_is_told_what_they_may(site):
    browser = site.browser()
    assert browser.ask("GET", "account") == (200, NOBODY)
    browser.sign_in()
    _, answer = browser.ask("GET", "account")
    assert (answer["csrf_token"], answer["sure_until"]) == (
        browser.csrf,
        "2026-01-15T12:05:00+00:00",
    )
    assert answer["rights"] == [
        *("administer", "anyone", "charge", "edit"),
        *("keep-books", "look", "own", "signed-in"),
    ]


@pytest.mark.parametrize("name", ["anna", "nobody"])
def test_a_wrong_name_and_a_wrong_password_are_answered_alike(site, name):
    status, answer = site.browser().sign_in(name, "wrong horse")
    assert (status, answer["code"], answer["detail"]) == (
        *(401, "not-you"),
        "name, password or code is wrong",
    )


@pytest.mark.parametrize("name", ["anna", "nobody"])
def test_who_tries_too_often_is_told_how_long_to_wait(site, name):
    browser = site.browser()
    for _ in range(5):
        browser.sign_in(name, "wrong horse")
    status, answer = browser.sign_in(name)
    assert (status, answer["code"], answer["retry_after_s"]) == (429, "too-many-tries", 1)


def test_with_a_second_factor_a_code_is_asked_for(site):
    secret, _ = with_app(site.site)
    browser = site.browser()
    assert browser.sign_in()[1]["code"] == "code-needed"
    assert browser.sign_in(code="123456")[1]["code"] == "not-you"
    assert browser.sign_in(code=code_of(site.site, secret))[0] == 200


def test_what_needs_the_password_needs_the_code_too(site):
    secret, _ = with_app(site.site)
    browser = site.browser()
    browser.sign_in(code=code_of(site.site, secret))
    site.clock.advance(300)
    assert browser.code("DELETE", "users/eve") == (403, "prove-yourself")
    again = "sign-in/again"
    assert browser.code("POST", again, {"password": "wrong horse"}) == (401, "not-you")
    assert browser.code("POST", again, {"password": PASSWORD}) == (401, "code-needed")
    proof = {"password": PASSWORD, "code": code_of(site.site, secret)}
    assert browser.ask("POST", again, proof) == (200, {"sure_until": "2026-01-15T12:11:00+00:00"})
    assert browser.code("DELETE", "users/eve") == (404, "no-such-user")


def test_a_session_that_a_stranger_planted_is_none_after_a_sign_in(site):
    browser = site.browser()
    browser.sign_in()
    planted = browser.cookie
    browser.sign_in()
    assert browser.cookie != planted
    victim = site.browser()
    victim.cookie = planted
    assert victim.code(*LOOKS) == (401, "sign-in")


@pytest.mark.parametrize(
    "cookie", ["", "admin", "session_", "session_" + "A" * 43, "; =;", 'x"\\', "ü"]
)
def test_a_cookie_that_nobody_was_given_is_nobodys(site, cookie):
    browser = site.browser()
    browser.cookie = cookie.encode().decode("latin-1")
    assert browser.code(*LOOKS) == (401, "sign-in")


def test_a_demo_is_open_to_this_machine_and_says_so(make_site):
    site = make_site(simulated=True)
    status, answer = site.browser().ask("GET", "account")
    assert (status, answer["demo"], answer["role"], answer["name"]) == (200, True, "admin", "")
    assert site.browser().code(*LOOKS) == (200, None)
    assert site.browser("192.168.1.2").code(*LOOKS) == (401, "sign-in")


def test_a_demo_is_closed_to_who_was_passed_on(make_site):
    browser = make_site(simulated=True).browser()
    status, answer = browser.ask(*LOOKS, X_Forwarded_For="127.0.0.1")
    assert (status, answer["code"]) == (401, "sign-in")


def test_a_demo_with_an_account_asks_to_sign_in(make_site):
    site = make_site(simulated=True)
    site.site.has("anna")
    assert site.browser().code(*LOOKS) == (401, "sign-in")


def test_a_demo_that_becomes_real_is_open_no_more(make_site):
    site = make_site(simulated=True)
    site.simulated = False
    assert site.browser().code(*LOOKS) == (401, "sign-in")
    assert site.browser().ask("GET", "account")[1]["first_run"] is True


def test_the_first_account_is_made_with_the_token_on_the_console(make_site):
    site = make_site()
    browser = site.browser()
    assert browser.ask("GET", "first-run") == (200, {"needed": True, "token_holds": True})
    first = {"token": site.first_run.token, "name": "anna", "password": PASSWORD}
    assert browser.code("POST", "first-run", {**first, "token": "wrong"}) == (401, "not-you")
    status, answer = browser.ask("POST", "first-run", first)
    assert (status, answer["name"], answer["role"]) == (201, "anna", "admin")
    assert browser.code(*LOOKS) == (200, None)
    assert browser.ask("GET", "first-run") == (200, {"needed": False, "token_holds": False})
    assert browser.code("POST", "first-run", {**first, "name": "eve"}) == (409, "refused")


def test_a_password_that_is_none_leaves_the_token_as_it_was(make_site):
    site = make_site()
    first = {"token": site.first_run.token, "name": "anna", "password": "short"}
    browser = site.browser()
    assert browser.code("POST", "first-run", first) == (422, "not-possible")
    assert browser.code("POST", "first-run", {**first, "password": PASSWORD}) == (201, None)


def test_a_token_of_which_no_account_came_holds_for_another_name(make_site):
    site = make_site(simulated=False)
    imported = User("anna", None)  # who has no password yet
    site.site.ledger.users.add(imported, site.clock.now())
    first = {"token": site.first_run.token, "name": "anna", "password": PASSWORD}
    browser = site.browser()
    assert browser.code("POST", "first-run", first) == (409, "refused")
    assert browser.code("POST", "first-run", {**first, "name": "boss"}) == (201, None)


def test_the_first_account_is_made_on_the_machine_itself(make_site):
    site = make_site()
    first = {"token": site.first_run.token, "name": "anna", "password": PASSWORD}
    assert site.browser("192.168.1.2").code("POST", "first-run", first) == (403, "not-from-there")


def test_there_is_no_account_to_sign_in_with_by_itself(make_site):
    site = make_site()
    for name, password in (("admin", "admin"), ("", ""), ("root", "")):
        assert site.browser().sign_in(name, password)[1]["code"] == "not-you"


def test_a_site_for_its_own_networks_answers_nobody_else(make_site):
    site = make_site(rules=AccessRules(remote="refused"))
    site.site.has("anna", Role.ADMIN)
    for path in ("account", "state"):
        assert site.browser("8.8.8.8").code("GET", path) == (403, "not-from-there")
        assert site.browser("2001:db8::1").code("GET", path) == (403, "not-from-there")
    assert site.browser("fe80::1").sign_in()[0] == 200


def test_from_elsewhere_an_account_needs_a_second_factor(site):
    status, answer = site.browser("8.8.8.8").sign_in()
    assert (status, answer["code"]) == (403, "not-from-there")


def test_who_a_listed_proxy_asks_for_counts_and_nobody_elses_word(make_site):
    site = make_site(proxies=Networks(["10.0.0.1"]))
    site.site.has("anna")
    asked = {"name": "anna", "password": PASSWORD}
    for peer, says, status in (
        ("10.0.0.1", "192.168.1.2", 200),
        ("10.0.0.1", "8.8.8.8", 403),
        ("10.0.0.1", "192.168.1.2, 8.8.8.8", 403),
        ("10.0.0.1", "8.8.8.8, 192.168.1.2", 200),
        ("10.0.0.1", "nonsense", 403),
        ("10.0.0.1", None, 403),
        ("8.8.8.8", "192.168.1.2", 403),
    ):
        found, _ = site.browser(peer).ask("POST", "sign-in", asked, X_Forwarded_For=says)
        assert found == status, (peer, says)


def test_what_signing_in_does_is_noted(site):
    browser = site.browser("192.168.1.2")
    browser.sign_in(password="wrong horse")
    browser.sign_in()
    browser.ask("POST", "sign-out", {})
    assert site.site.noted == [
        ("anna", "sign-in failed", "wrong password, from 192.168.1.2"),
        ("anna", "sign-in", "from 192.168.1.2"),
    ]
    assert site.audit.noted == [("anna", "sign-out", "anna")]
