import gzip

import pytest

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


@pytest.mark.parametrize("name", ["index.html", "picture.html", "assets/picture.svg"])
def test_what_is_put_among_the_files_of_the_page_later_is_never_served(client, built, name):
    (built / name).write_text("<script>alert(1)</script>")
    assert b"alert(1)" not in client.get(f"/static/{name}").body


def test_a_page_that_is_not_built_says_how_to_build_it(make_client, tmp_path):
    answer = make_client(built_page=tmp_path / "nowhere").get("/")
    assert (answer.status, answer.json["code"]) == (503, "page-not-built")
    assert answer.json["detail"] == (
        "the page has not been built; run `python webui/frontend/build_page.py` "
        "and start again. The API under /api/v1 works without it"
    )


A_BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize("path", ["/nowhere", "/cards/one/two", "/static", "//"])
def test_a_person_at_an_unknown_address_is_given_the_page_which_says_so(client, path):
    answer = client.get(path, Accept=A_BROWSER)
    assert answer.status == 404
    assert answer.body == b"<!doctype html><title>page</title>"
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Security-Policy"].startswith("default-src")


@pytest.mark.parametrize(
    ("path", "accepted"),
    [
        pytest.param("/nowhere", "application/json", id="a program"),
        pytest.param("/api/v1/nowhere", A_BROWSER, id="the API"),
    ],
)
def test_a_program_at_an_unknown_address_is_given_a_problem(client, path, accepted):
    answer = client.get(path, Accept=accepted)
    assert answer.status == 404
    assert answer.json["code"] == "no-such-address"
