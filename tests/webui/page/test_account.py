"""One's own account on the page: password, second factor, sessions and tokens."""

import pyotp
import pytest
import requests
from playwright.sync_api import expect

from oppleo_flow.accounts.rights import Right, Role
from tests.webui.page.seeing import card
from tests.webui.page.site_with_accounts import PASSWORD, sign_in

NEW = "staple battery horse"


@pytest.fixture
def server(start, site, runtime):
    runtime.simulated = False
    return start(**site.parts, levers=None)


@pytest.fixture
def account(server, site, open_page):
    """Return the page of an administrator's account."""
    name = site.add()
    page = open_page(server)
    sign_in(page, name)
    page.get_by_role("link", name="Administrator").click()
    expect(page.get_by_role("heading", level=1, name="Ada")).to_be_focused()
    return page


def change_password(page, now, new):
    page.get_by_label("The password now").fill(now)
    page.get_by_label("The new password").fill(new)
    page.get_by_label("Once more").fill(new)
    page.get_by_role("button", name="Change the password").click()


def test_the_account_is_looked_at_and_breaks_no_rule(account, accessible, shoot):
    expect(card(account, "Where you are signed in")).to_contain_text("here")
    accessible(account)
    shoot(account, "account")


def test_another_password_ends_the_other_sessions(account, server, site, open_page, refusals):
    refusals.append("401")
    elsewhere = open_page(server)
    sign_in(elsewhere, "Ada")
    expect(elsewhere.get_by_text("live, no faults")).to_be_visible()
    change_password(account, "wrong password", NEW)
    expect(account.get_by_role("alert")).to_contain_text("wrong")
    change_password(account, PASSWORD, NEW)
    expect(account.get_by_text("The password is changed")).to_be_visible()
    expect(elsewhere.get_by_role("heading", level=1, name="Sign in")).to_be_visible()
    sign_in(elsewhere, "Ada", NEW)
    expect(elsewhere.get_by_text("live, no faults")).to_be_visible()
    expect(account.get_by_role("heading", level=1, name="Ada")).to_be_visible()


def test_a_session_elsewhere_is_ended_from_here(account, server, open_page, refusals):
    refusals.append("401")
    elsewhere = open_page(server)
    sign_in(elsewhere, "Ada")
    expect(elsewhere.get_by_text("live, no faults")).to_be_visible()
    account.reload()
    card(account, "Where you are signed in").get_by_role("button", name="Sign out Chrome").click()
    expect(elsewhere.get_by_role("heading", level=1, name="Sign in")).to_be_visible()
    expect(account.get_by_role("button", name="Sign out Chrome")).to_have_count(0)


def test_the_app_takes_the_secret_and_the_codes_are_shown_once(account, site, shoot):
    account.get_by_role("button", name="Set it up").click()
    dialog = account.get_by_role("dialog")
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Go on").click()
    expect(dialog.get_by_role("img", name="QR code for an authenticator app")).to_be_visible()
    shoot(account, "account-second-factor")
    secret = dialog.locator("code").inner_text()
    dialog.get_by_label("Code of the app").fill(pyotp.TOTP(secret).now())
    dialog.get_by_role("button", name="Switch it on").click()
    codes = dialog.locator("pre").inner_text().split()
    assert len(codes) == 10
    shoot(account, "account-recovery-codes")
    dialog.get_by_role("button", name="I have kept them").click()
    expect(account.get_by_text("10 recovery codes are left.")).to_be_visible()
    expect(account.get_by_text(codes[0])).to_have_count(0)

    account.get_by_role("button", name="Remove it").click()
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_label("Code", exact=True).fill(codes[0])
    dialog.get_by_role("button", name="Go on").click()
    expect(account.get_by_text("A password is enough now.")).to_be_visible()
    assert site.accounts.user("Ada").totp_secret is None


def test_a_token_is_shown_once_asks_and_is_taken_back(account, server, shoot):
    account.get_by_role("button", name="Make a token").click()
    dialog = account.get_by_role("dialog")
    dialog.get_by_label("What it is for").fill("heat pump <b>")
    shoot(account, "account-token")
    dialog.get_by_role("button", name="Make a token").click()
    token = dialog.locator("pre").inner_text().strip()
    dialog.get_by_role("button", name="I have kept it").click()
    tokens = card(account, "API tokens")
    expect(tokens).to_contain_text("heat pump <b>")
    expect(account.get_by_text(token)).to_have_count(0)

    asked = {"headers": {"Authorization": f"Bearer {token}"}, "timeout": 10}
    assert requests.get(f"{server.url}api/v1/state", **asked).status_code == 200
    assert requests.get(f"{server.url}api/v1/users", **asked).status_code == 403
    tokens.get_by_role("button", name="Take back heat pump <b>").click()
    account.get_by_role("dialog").get_by_role("button", name="Take back").click()
    expect(tokens).not_to_contain_text("heat pump <b>")
    assert requests.get(f"{server.url}api/v1/state", **asked).status_code == 401


def test_with_another_password_programs_go_on_unless_they_are_to_end(account, site, shoot):
    tokens = card(account, "API tokens")
    expect(account.get_by_role("switch", name="Also end the API token")).to_have_count(0)
    site.accounts.add_token("Ada", "screen", [Right.LOOK], None)
    account.reload()
    expect(tokens).to_contain_text("screen")
    change_password(account, PASSWORD, NEW)
    expect(account.get_by_text("The password is changed")).to_be_visible()
    expect(tokens).to_contain_text("screen")
    account.get_by_role("switch", name="Also end the API token").check()
    shoot(account, "account-password-and-tokens")
    change_password(account, NEW, PASSWORD)
    expect(tokens).not_to_contain_text("screen")
    expect(account.get_by_role("switch", name="Also end the API token")).to_have_count(0)
    assert site.accounts.tokens("Ada") == []


def test_the_password_is_asked_for_again_before_what_only_its_owner_may(
    server, site, open_page, refusals, shoot
):
    refusals.extend(["401", "403"])
    name = site.add()
    site.add(Role.VIEWER)
    page = open_page(server)
    sign_in(page, name)
    page.get_by_role("navigation", name="Menu").get_by_role("link", name="Users").click()
    site.forget_that_they_are_sure()
    page.get_by_role("button", name="Change Vera").click()
    user = page.get_by_role("dialog", name="Vera")
    user.get_by_label("Role").select_option("Operator")
    user.get_by_role("button", name="Save").click()
    proof = page.get_by_role("dialog", name="Is it you?")
    shoot(page, "prove-yourself")
    proof.get_by_label("Password").fill("wrong password")
    proof.get_by_role("button", name="Go on").click()
    expect(proof.get_by_role("alert")).to_contain_text("wrong")
    proof.get_by_label("Password").fill(PASSWORD)
    proof.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("Vera is changed, and signed out.")).to_be_visible()
    assert site.accounts.user("Vera").role == "operator"


def test_who_would_rather_not_prove_it_changes_nothing(server, site, open_page, refusals):
    refusals.append("403")
    name = site.add()
    site.add(Role.VIEWER)
    page = open_page(server)
    sign_in(page, name)
    page.get_by_role("navigation", name="Menu").get_by_role("link", name="Users").click()
    site.forget_that_they_are_sure()
    page.get_by_role("button", name="Change Vera").click()
    page.get_by_role("dialog", name="Vera").get_by_role("button", name="Save").click()
    page.get_by_role("dialog", name="Is it you?").press("Escape")
    expect(page.get_by_role("dialog", name="Is it you?")).to_be_hidden()
    expect(page.get_by_role("dialog", name="Vera").get_by_role("alert")).to_have_count(0)
    assert site.accounts.user("Vera").role == "viewer"


def test_language_and_theme_are_chosen_and_kept(account, open_page):
    account.get_by_label("Language").select_option("Nederlands")
    expect(account.get_by_role("navigation", name="Menu")).to_contain_text("Gebruikers")
    account.get_by_label("Thema").select_option("Donker")
    root = account.locator("html")
    expect(root).to_have_attribute("data-theme", "dark")
    account.reload()
    expect(root).to_have_attribute("data-theme", "dark")
    expect(root).to_have_attribute("lang", "nl")
    expect(account).to_have_title("Account – Laadpunt")
