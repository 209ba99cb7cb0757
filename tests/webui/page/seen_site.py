"""A site in virtual time that is really served, and a browser that looks at it."""

from contextlib import contextmanager

from tests.webui.api.asking_as import As
from tests.webui.api.painted_site import painted_site

DUTCH = "try { localStorage.setItem('language', 'nl') } catch { /* not here */ }"
SCRIPT = "<img src=x onerror=\"document.title='broken'\">"


class Viewer:
    """Somebody who looks at pages of a site, as one person or another."""

    def __init__(self, site, server, open_page):
        self.site, self.server, self._open = site, server, open_page

    def open(self, path, who, **settings):
        """Return a page, in a browser of its own."""
        self.site.access.now = who
        return self._open(self.server, path, **settings)

    def swipe(self, card):
        """Hold a card to the reader."""
        self.site.house.world.swipe(card)
        self.site.house.run_for(5)


@contextmanager
def seen_site(folder, start, open_page, who, text=None, *, levers=False):
    """Serve a flow, the shipped one if it is not told; with the levers of its world if asked."""
    with painted_site(folder, text) as site:
        yield served(site, start, open_page, who, levers=levers)


def served(site, start, open_page, who, *, levers=False):
    """Serve a site that runs."""
    site.access = As(who)
    server = start(
        site.house.runtime,
        site=site.facts,
        deploying=site.deploying,
        levers=site.house.world if levers else None,
        access=site.access,
    )
    return Viewer(site, server, open_page)
