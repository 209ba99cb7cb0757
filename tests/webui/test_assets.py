import gzip

import pytest

from webui.app import BUILT_PAGE

SCRIPT = b"console.log(1);" * 100


@pytest.fixture
def built(tmp_path):
    """Return a folder as the page's build leaves it."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_bytes(b"<!doctype html><title>page</title>")
    (tmp_path / "icon.svg").write_bytes(b"<svg/>")
    (tmp_path / "assets" / "index-B1f.js").write_bytes(SCRIPT)
    (tmp_path / "assets" / "index-9aC.css").write_bytes(b"p{}" * 300)
    (tmp_path / "assets" / "odd-1.bin").write_bytes(bytes(1000))
    return tmp_path


@pytest.fixture
def client(make_client, built):
    return make_client(built_page=built)


def test_the_page_is_always_asked_for_anew(client):
    answer = client.get("/")
    assert answer.body == b"<!doctype html><title>page</title>"
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    ("path", "content_type", "caching"),
    [
        ("assets/index-B1f.js", "text/javascript; charset=utf-8", "immutable"),
        ("assets/index-9aC.css", "text/css; charset=utf-8", "immutable"),
        ("assets/odd-1.bin", "application/octet-stream", "immutable"),
        ("icon.svg", "image/svg+xml", "no-cache"),
    ],
)
def test_a_file_has_its_type_and_is_kept_if_its_name_holds_a_hash(
    client, path, content_type, caching
):
    headers = client.get(f"/static/{path}").headers
    assert headers["Content-Type"] == content_type
    assert headers["Cache-Control"].endswith(caching)


def test_a_script_travels_packed(client):
    answer = client.get("/static/assets/index-B1f.js", Accept_Encoding="gzip, br")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert int(answer.headers["Content-Length"]) == len(answer.body) < len(SCRIPT) / 5
    assert gzip.decompress(answer.body) == SCRIPT


@pytest.mark.parametrize(
    ("path", "accepted"),
    [
        pytest.param("assets/index-B1f.js", None, id="a client that cannot unpack"),
        pytest.param("icon.svg", "gzip", id="a file too small to gain"),
        pytest.param("assets/odd-1.bin", "gzip", id="a file of unknown kind"),
    ],
)
def test_the_rest_travels_as_it_is(client, built, path, accepted):
    answer = client.get(f"/static/{path}", Accept_Encoding=accepted)
    assert "Content-Encoding" not in answer.headers
    assert answer.body == (built / path).read_bytes()


def test_what_has_not_changed_is_not_sent_again(client):
    etag = client.get("/").headers["ETag"]
    answer = client.get("/", If_None_Match=etag)
    assert (answer.status, answer.body) == (304, b"")


@pytest.mark.parametrize(
    "path", ["nowhere.js", "../app.py", "assets/../../app.py", "/etc/passwd", "assets", "%2e%2e/x"]
)
def test_only_the_files_of_the_page_can_be_had(client, path):
    answer = client.get(f"/static/{path}")
    assert answer.status == 404
    assert answer.json["detail"] == f"the page has no file {path!r}"


def test_a_page_that_is_not_built_says_how_to_build_it(make_client, tmp_path):
    answer = make_client(built_page=tmp_path / "nowhere").get("/")
    assert (answer.status, answer.json["code"]) == (503, "page-not-built")
    assert answer.json["detail"] == (
        "the page has not been built; run `python webui/frontend/build_page.py` "
        "and start again. The API under /api/v1 works without it"
    )


@pytest.mark.skipif(not (BUILT_PAGE / "index.html").exists(), reason="the page is not built")
def test_the_first_load_of_the_real_page_is_at_most_60_kb(make_client):
    client = make_client(built_page=BUILT_PAGE)
    paths = ["/"] + [
        f"/static/{file.relative_to(BUILT_PAGE).as_posix()}"
        for file in BUILT_PAGE.rglob("*")
        if file.is_file() and file.name != "index.html"
    ]
    sizes = {path: len(client.get(path, Accept_Encoding="gzip").body) for path in paths}
    assert sum(sizes.values()) <= 60_000, sizes
