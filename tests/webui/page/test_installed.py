"""The page as an app on a phone, on a network without the internet."""

import struct
from urllib.parse import urljoin, urlsplit

import pytest
import requests
from playwright.sync_api import expect


def test_the_page_asks_its_own_server_only(start, browser):
    server = start()
    context = browser.new_context()
    asked = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.goto(server.url)
    expect(page.get_by_text("live, no faults")).to_be_visible()
    context.close()
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(server.url).netloc}


def test_the_page_can_be_installed(page):
    manifest = page.locator("link[rel=manifest]").get_attribute("href")
    told = page.request.get(urljoin(page.url, manifest))
    assert told.headers["content-type"] == "application/manifest+json"
    said = told.json()
    assert (said["name"], said["start_url"], said["display"]) == ("Charge point", "/", "standalone")
    client = page.context.new_cdp_session(page)
    assert client.send("Page.getAppManifest")["errors"] == []
    errors = client.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # The windows of this test are private ones, in which a browser installs nothing.
    assert {error["errorId"] for error in errors} <= {"in-incognito"}


@pytest.mark.parametrize(
    ("name", "pixels"),
    [("icon-192", 192), ("icon-512", 512), ("icon-square-512", 512), ("icon-square-180", 180)],
)
def test_an_icon_has_the_size_that_its_name_says(start, name, pixels):
    body = requests.get(f"{start().url}static/{name}.png", timeout=10).content
    assert body[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", body[16:24]) == (pixels, pixels)


def test_a_browser_reads_the_icon_and_its_corners_are_clear(page):
    colours = page.evaluate(
        """async () => {
            const image = await createImageBitmap(
                await (await fetch("/static/icon-192.png")).blob());
            const often = {willReadFrequently: true};
            const canvas = new OffscreenCanvas(192, 192).getContext("2d", often);
            canvas.drawImage(image, 0, 0);
            const at = (x, y) => [...canvas.getImageData(x, y, 1, 1).data];
            return [at(0, 0), at(20, 96), at(96, 96)];
        }"""
    )
    assert colours == [[0, 0, 0, 0], [11, 107, 87, 255], [255, 255, 255, 255]]
