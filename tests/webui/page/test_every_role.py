"""Every role against every page: what it may not see is in no menu, and a plain page says so."""

import pytest
from playwright.sync_api import expect

from oppleo_flow.accounts.rights import RIGHTS, Right, Role, allows
from tests.webui.api.painted_site import painted_site
from tests.webui.page.site_with_accounts import sign_in

# Written down once more: the list that the page has is what is tried.
PAGES = {
    "": ("Dashboard", Right.OWN),
    "sessions": ("Sessions", Right.OWN),
    "usage": ("Usage", Right.LOOK),
    "cards": ("Cards", Right.OWN),
    "reports": ("Statements", Right.OWN),
    "tariffs": ("Tariffs", Right.LOOK),
    "notifications": ("Notifications", Right.LOOK),
    "devices": ("Devices", Right.LOOK),
    "settings": ("Settings", Right.LOOK),
    "users": ("Users", Right.ADMINISTER),
    "system": ("System", Right.LOOK),
}


@pytest.fixture
def server(tmp_path, start, site):
    """Return the server of the shipped flow, on which people sign in."""
    folder = tmp_path / "house"
    folder.mkdir()
    with painted_site(folder) as painted:
        yield start(
            painted.house.runtime,
            site=painted.facts,
            deploying=painted.deploying,
            access=site.access,
        )


def signed_in(open_page, server, site, role):
    name = site.add(role, driver="Anna" if role is Role.DRIVER else None)
    page = open_page(server)
    sign_in(page, name)
    expect(page.get_by_role("navigation", name="Menu")).to_be_visible()
    return page


@pytest.mark.parametrize("role", list(Role))
def test_the_menu_has_the_pages_that_a_role_may_see(server, site, open_page, role):
    page = signed_in(open_page, server, site, role)
    menu = page.get_by_role("navigation", name="Menu")
    allowed = [title for title, right in PAGES.values() if allows(RIGHTS[role], right)]
    assert [link.inner_text().strip() for link in menu.get_by_role("link").all()] == allowed


@pytest.mark.parametrize("role", list(Role))
def test_every_page_shows_itself_or_says_that_it_may_not(server, site, open_page, refusals, role):
    # Not all that a page asks for is here; what must not be is a 403: a page asks what it may.
    refusals.append("404")
    page = signed_in(open_page, server, site, role)
    for address, (_, right) in PAGES.items():
        page.goto(server.url + address)
        refused = page.get_by_role("heading", level=1, name="Not for this account")
        expect(page.get_by_role("heading", level=1)).not_to_be_empty()
        expect(refused).to_have_count(0 if allows(RIGHTS[role], right) else 1)


@pytest.mark.parametrize("address", [*PAGES, "account"])
def test_no_page_is_shown_to_who_is_not_signed_in(server, site, open_page, address):
    site.add()
    page = open_page(server, address)
    expect(page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()
    expect(page.get_by_role("navigation")).to_have_count(0)


def test_a_refusal_is_a_page_that_breaks_no_rule(server, site, open_page, accessible, shoot):
    page = signed_in(open_page, server, site, Role.VIEWER)
    page.goto(f"{server.url}users")
    expect(page.get_by_role("heading", level=1, name="Not for this account")).to_be_visible()
    accessible(page)
    shoot(page, "refused")
