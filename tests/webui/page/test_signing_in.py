"""The way in: the first account, signing in with one factor and with two, and out again."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from tests.webui.page.site_with_accounts import PASSWORD, sign_in


@pytest.fixture
def server(start, site, runtime):
    runtime.simulated = False
    return start(**site.parts, levers=None)


def heading(page, title):
    return page.get_by_role("heading", level=1, name=title, exact=True)


def menu(page):
    return page.get_by_role("navigation", name="Menu")


def test_the_first_account_is_made_with_the_token_of_the_console(
    server, site, open_page, shoot, accessible
):
    page = open_page(server)
    expect(heading(page, "Welcome")).to_be_visible()
    accessible(page)
    shoot(page, "first-run")
    page.get_by_label("Token").fill(site.first_run.token)
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    make = page.get_by_role("button", name="Make the account")
    page.get_by_label("Once more").fill("something else")
    expect(page.get_by_text("These are not the same.")).to_be_visible()
    expect(make).to_be_disabled()
    page.get_by_label("Once more").fill(PASSWORD)
    make.click()
    expect(menu(page)).to_contain_text("Dashboard")
    expect(page.get_by_text("Administrator")).to_be_visible()
    assert [user.name for user in site.accounts.users()] == ["Ada"]


def test_a_wrong_token_makes_no_account(server, site, open_page, refusals):
    refusals.append("401")
    page = open_page(server)
    page.get_by_label("Token").fill("aaaa-bbbb-cccc-dddd")
    page.get_by_label("Your name").fill("Mallory")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Once more").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_role("alert")).to_contain_text("this is not the token on the console")
    assert site.accounts.users() == []


def test_who_is_not_signed_in_signs_in_and_gets_where_they_wanted(
    server, site, open_page, shoot, accessible
):
    name = site.add()
    page = open_page(server)
    expect(heading(page, "Sign in")).to_be_visible()
    expect(menu(page)).to_have_count(0)
    page.goto(f"{server.url}users")
    expect(heading(page, "Sign in")).to_be_visible()
    expect(page.get_by_label("Name")).to_be_focused()
    accessible(page)
    shoot(page, "sign-in")
    sign_in(page, name)
    expect(heading(page, "Users")).to_be_visible()
    assert page.url == f"{server.url}users"


def test_a_link_leads_to_no_other_site_after_signing_in(server, site, open_page):
    name = site.add()
    page = open_page(server, "sign-in?next=//example.org/")
    sign_in(page, name)
    expect(menu(page)).to_contain_text("Dashboard")
    assert page.url == server.url


@pytest.mark.parametrize("name", ["Ada", "Nobody"])
def test_a_wrong_password_is_not_told_from_a_wrong_name(server, site, open_page, refusals, name):
    refusals.append("401")
    site.add()
    page = open_page(server)
    sign_in(page, name, "wrong password")
    expect(page.get_by_role("alert")).to_have_text("Name and password do not belong together.")
    expect(page.get_by_label("Password")).to_have_value("")


def test_a_second_factor_is_asked_for_and_a_recovery_code_stands_in(
    server, site, open_page, refusals, shoot
):
    refusals.append("401")
    name = site.add()
    app = site.add_second_factor(name)
    page = open_page(server)
    sign_in(page, name)
    code = page.get_by_label("Code", exact=True)
    expect(code).to_be_focused()
    shoot(page, "sign-in-code")
    code.fill("000000")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("That is not the code now.")
    # The code of now proved that the app has the secret, and counts no more; the next one does.
    code.fill(app.at(datetime.now(UTC), counter_offset=1))
    page.get_by_role("button", name="Sign in").click()
    expect(menu(page)).to_contain_text("Dashboard")

    recovery = site.accounts.new_recovery_codes(name)[0]
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, name)
    page.get_by_label("Code", exact=True).fill(recovery)
    page.get_by_role("button", name="Sign in").click()
    expect(menu(page)).to_contain_text("Dashboard")
    assert site.accounts.recovery_codes_left(name) == 9


def test_too_many_tries_are_told_with_the_wait(server, site, open_page, refusals):
    refusals.extend(["401", "429"])
    name = site.add()
    page = open_page(server)
    for _ in range(6):
        sign_in(page, name, "wrong password")
        expect(page.get_by_role("alert")).not_to_be_empty()
        if "Too many" in page.get_by_role("alert").inner_text():
            break
    expect(page.get_by_role("alert")).to_have_text(
        re.compile(r"Too many tries\. Wait \d+ seconds?\.")
    )


def test_signing_out_is_heard_in_the_other_tab(server, site, open_page):
    name = site.add()
    page = open_page(server)
    sign_in(page, name)
    expect(menu(page)).to_be_visible()
    other = page.context.new_page()
    other.goto(f"{server.url}account")
    expect(heading(other, name)).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    for tab in (page, other):
        expect(heading(tab, "Sign in")).to_be_visible()


def test_a_session_that_was_ended_elsewhere_ends_here_too(server, site, open_page, refusals):
    refusals.append("401")
    name = site.add()
    page = open_page(server)
    sign_in(page, name)
    expect(page.get_by_text("live, no faults")).to_be_visible()
    site.accounts.end_sessions(name)
    expect(heading(page, "Sign in")).to_be_visible()


def test_signing_in_takes_a_keyboard_only(server, site, open_page):
    name = site.add()
    page = open_page(server)
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(menu(page)).to_be_visible()
    page.reload()
    expect(menu(page)).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(heading(page, "Charge point")).to_be_visible()
    expect(page.locator("main")).to_be_focused()
    users = menu(page).get_by_role("link", name="Users")
    users.focus()
    page.keyboard.press("Enter")
    expect(heading(page, "Users")).to_be_focused()
    expect(page).to_have_title("Users – Charge point")
