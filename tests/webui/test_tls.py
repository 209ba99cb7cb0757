import json
import socket
import ssl
from contextlib import ExitStack, suppress
from http.client import HTTPSConnection

import pytest

from oppleo_flow import SystemClock
from oppleo_flow.cli.running import Running
from oppleo_flow.cli.running_address import address_of
from oppleo_flow.errors import ConfigError
from tests.webui.certificates import make_certificate
from webui.access import Demo
from webui.server import listen
from webui.tls import Certificate

DEADLINE_S = 20.0


@pytest.fixture
def files(tmp_path):
    return make_certificate(tmp_path)


@pytest.fixture
def server(runtime, tmp_path, files):
    """Return a server with a certificate of its own."""
    with listen(
        *(runtime,),
        access=Demo(),
        clock=SystemClock(),
        port=0,
        built_page=tmp_path,
        certificate=Certificate(*files),
        threads=20,
    ) as made:
        yield made.start()


def get(server, files, path="/live"):
    context = ssl.create_default_context(cafile=files[0])
    connection = HTTPSConnection("127.0.0.1", server.port, timeout=DEADLINE_S, context=context)
    connection.request("GET", path)
    answer = connection.getresponse()
    found = json.loads(answer.read())
    connection.close()
    return answer.status, found


def test_it_answers_by_https_with_its_certificate(server, files):
    assert server.url == f"https://127.0.0.1:{server.port}/"
    assert get(server, files) == (200, {"live": True})


def test_who_connects_and_says_nothing_keeps_nobody_out(server, files):
    with ExitStack() as idle:
        for _ in range(8):
            idle.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        assert get(server, files) == (200, {"live": True})


def test_who_breaks_off_in_the_middle_of_a_handshake_harms_nobody(server, files):
    for said in (b"", b"\x16\x03\x01\x02\x00", b"GET /live HTTP/1.1\r\n\r\n", bytes(200)):
        with socket.create_connection(("127.0.0.1", server.port)) as broken:
            broken.sendall(said)
    assert get(server, files) == (200, {"live": True})


def test_plain_http_is_not_answered(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S) as plain:
        plain.sendall(b"GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with suppress(ConnectionError):
            assert b"live" not in plain.makefile("rb").read()


def test_a_handshake_of_an_old_kind_is_refused(server):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        socket.create_connection(("127.0.0.1", server.port)) as plain,
        pytest.raises((ssl.SSLError, OSError)),
    ):
        context.wrap_socket(plain)


def test_commands_know_the_site_by_its_very_certificate(server, files, tmp_path):
    (tmp_path / ".oppleo").mkdir()
    with address_of(tmp_path, server.url, certificate=files[0]):
        assert Running(tmp_path).get("/state")["flow"] == "charge-point"


def test_commands_do_not_speak_to_who_has_another_certificate(server, tmp_path):
    (tmp_path / ".oppleo").mkdir()
    (tmp_path / "other").mkdir()
    other, _ = make_certificate(tmp_path / "other")
    with (
        address_of(tmp_path, server.url, certificate=other),
        pytest.raises(OSError, match="does not answer"),
    ):
        Running(tmp_path).get("/state")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        pytest.param(lambda _, key: key.unlink(), "cannot be read", id="a key that is not there"),
        pytest.param(lambda _, key: key.write_text("?"), "cannot be used", id="no key at all"),
        pytest.param(
            lambda chain, key: key.write_bytes(chain.read_bytes()), "cannot be used", id="no key"
        ),
    ],
)
def test_a_certificate_that_cannot_be_used_is_refused_with_the_reason(files, spoil, why):
    spoil(*files)
    with pytest.raises(ConfigError, match=why):
        Certificate(*files).context()
