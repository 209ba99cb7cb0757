"""Who may sign in, as an administrator decides it on the page."""

import pytest
from playwright.sync_api import expect

from oppleo_flow.accounts.rights import Role
from tests.webui.page.seeing import card
from tests.webui.page.site_with_accounts import PASSWORD, sign_in

NEW = "staple battery horse"


@pytest.fixture
def server(start, site, runtime):
    runtime.simulated = False
    return start(**site.parts, levers=None)


@pytest.fixture
def users(server, site, open_page):
    """Return the page of all users, as an administrator sees it."""
    site.ledger.accounts.add("driver", "Anna")
    name = site.add()
    page = open_page(server)
    sign_in(page, name)
    page.get_by_role("navigation", name="Menu").get_by_role("link", name="Users").click()
    expect(page.get_by_role("heading", level=1, name="Users")).to_be_visible()
    return page


def test_somebody_is_added_and_may_do_what_their_role_may(
    users, server, site, open_page, accessible, shoot
):
    users.get_by_role("button", name="Add somebody").click()
    dialog = users.get_by_role("dialog", name="Add somebody")
    dialog.get_by_label("Name").fill("Anna <script>")
    dialog.get_by_label("Role").select_option("Driver")
    dialog.get_by_label("Driver", exact=True).select_option("Anna")
    dialog.get_by_label("First password").fill(PASSWORD)
    dialog.get_by_label("Once more").fill(PASSWORD)
    accessible(users)
    shoot(users, "users-add")
    dialog.get_by_role("button", name="Add somebody").click()
    expect(card(users, "Everybody")).to_contain_text("Anna <script>")
    site.add(Role.VIEWER)
    users.reload()
    expect(card(users, "Everybody")).to_contain_text("Vera")
    accessible(users)
    shoot(users, "users")

    theirs = open_page(server)
    sign_in(theirs, "Anna <script>")
    expect(theirs.get_by_text("Driver", exact=True)).to_be_visible()
    assert site.accounts.user("Anna <script>").driver == "Anna"


def test_what_the_server_refuses_is_said_at_the_field(users, refusals):
    refusals.append("422")
    users.get_by_role("button", name="Add somebody").click()
    dialog = users.get_by_role("dialog", name="Add somebody")
    dialog.get_by_label("Name").fill("Otto")
    dialog.get_by_label("First password").fill("short")
    dialog.get_by_label("Once more").fill("short")
    dialog.get_by_role("button", name="Add somebody").click()
    expect(dialog.get_by_role("alert")).to_have_text(
        "password: 8 to 1024 characters are needed, got 5"
    )


def test_who_forgot_their_password_gets_another(users, server, site, open_page):
    site.add(Role.OPERATOR)
    site.add_second_factor("Otto")
    users.reload()
    users.get_by_role("button", name="Change Otto").click()
    dialog = users.get_by_role("dialog", name="Otto")
    dialog.get_by_text("Set a new password").first.click()
    dialog.get_by_label("The new password").fill(NEW)
    dialog.get_by_label("Once more").fill(NEW)
    dialog.get_by_role("button", name="Set a new password").click()
    expect(users.get_by_text("Otto has a new password.")).to_be_visible()

    users.get_by_role("button", name="Change Otto").click()
    dialog.get_by_role("button", name="Take the second factor away").click()
    users.get_by_role("dialog", name="Take the second factor away").get_by_role(
        "button", name="Take the second factor away"
    ).click()
    expect(users.get_by_text("Otto signs in with the password alone now.")).to_be_visible()
    theirs = open_page(server)
    sign_in(theirs, "Otto", NEW)
    expect(theirs.get_by_text("live, no faults")).to_be_visible()


def test_who_has_a_role_of_another_version_is_given_one_of_this(users, site):
    site.add(Role.VIEWER)
    site.ledger.users.set_terms("Vera", role="auditor", driver=None, may=())
    users.reload()
    expect(card(users, "Everybody")).to_contain_text("unknown role")
    users.get_by_role("button", name="Change Vera").click()
    dialog = users.get_by_role("dialog", name="Vera")
    expect(dialog).to_contain_text("a role that this version does not know")
    dialog.get_by_label("Role").select_option("Operator")
    dialog.get_by_role("button", name="Save").click()
    expect(card(users, "Everybody")).not_to_contain_text("unknown role")
    assert site.accounts.user("Vera").role == "operator"


def test_an_account_is_deleted_after_a_question_and_its_session_ends(
    users, server, site, open_page, refusals, shoot
):
    refusals.append("401")
    site.add(Role.VIEWER)
    theirs = open_page(server)
    sign_in(theirs, "Vera")
    expect(theirs.get_by_text("live, no faults")).to_be_visible()
    users.reload()
    users.get_by_role("button", name="Change Vera").click()
    shoot(users, "users-change")
    delete = users.get_by_role("dialog", name="Vera").get_by_role("button", name="Delete")
    question = users.get_by_role("dialog", name="Delete the account")
    delete.click()
    question.get_by_role("button", name="Cancel").click()
    assert site.accounts.user("Vera").name == "Vera"
    delete.click()
    question.get_by_role("button", name="Delete the account").click()
    expect(users.get_by_text("The account of Vera is gone.")).to_be_visible()
    expect(card(users, "Everybody")).not_to_contain_text("Vera")
    expect(theirs.get_by_role("heading", level=1, name="Sign in")).to_be_visible()


def test_nobody_takes_away_their_own_role(users):
    users.get_by_role("button", name="Change Ada").click()
    dialog = users.get_by_role("dialog", name="Ada")
    expect(dialog.get_by_label("Role")).to_be_disabled()
    expect(dialog.get_by_role("button", name="Delete")).to_have_count(0)


def test_a_demo_says_that_it_is_open_no_more_once_somebody_can_sign_in(
    start, site, open_page, monkeypatch
):
    monkeypatch.setattr(site.access, "_simulated", lambda: True)
    page = open_page(start(**site.parts), "users")
    page.get_by_role("button", name="Add somebody").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("from then on all sign in")).to_be_visible()
    expect(dialog.get_by_label("Role")).to_be_disabled()
    dialog.get_by_label("Name").fill("Ada")
    dialog.get_by_label("First password", exact=True).fill(NEW)
    dialog.get_by_label("Once more").fill(NEW)
    dialog.get_by_role("button", name="Add somebody").click()
    expect(page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()
    sign_in(page, "Ada", NEW)
    expect(page.get_by_role("heading", level=1, name="Users")).to_be_visible()
