"""A certificate that is renewed while a site runs, and one that is renewed badly."""

import ssl
from contextlib import closing
from http.client import HTTPSConnection

import pytest

from oppleo_flow import SystemClock
from oppleo_flow.cli.certificate_watch import CertificateWatch
from oppleo_flow.cli.running import Running
from oppleo_flow.cli.running_address import address_of
from tests.webui.certificates import make_certificate
from tests.webui.conftest import HandMovedRuntime
from webui.access import Demo
from webui.server import listen
from webui.tls import Certificate

DEADLINE_S = 20.0


class Served:
    """A server whose certificate is watched; `told` is the trouble that everybody sees."""

    def __init__(self, server, watch, runtime, folder):
        self.server, self.watch = server, watch
        self.runtime, self.folder = runtime, folder
        self.told = {}

    def look(self, times=2):
        """Look until what was written has settled."""
        for _ in range(times):
            self.watch.look(self.server, lambda trouble, about: self.told.update({about: trouble}))

    def connect(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        port = self.server.port
        made = HTTPSConnection("127.0.0.1", port, timeout=DEADLINE_S, context=context)
        made.connect()
        return made

    def shown(self):
        """Return the certificate that a new connection is shown."""
        connection = self.connect()
        try:
            return ssl.DER_cert_to_PEM_cert(connection.sock.getpeercert(binary_form=True))
        finally:
            connection.close()

    @property
    def chain(self):
        return (self.folder / "web.pem").read_text()


@pytest.fixture
def served(tmp_path):
    runtime = HandMovedRuntime(("meter", "modbus-meter"))
    certificate = Certificate(*make_certificate(tmp_path))
    watch = CertificateWatch(certificate, tmp_path)
    made = listen(
        *(runtime,),
        access=Demo(),
        clock=SystemClock(),
        port=0,
        built_page=tmp_path,
        certificate=certificate,
        threads=20,
    )
    with made as server:
        yield Served(server.start(), watch, runtime, tmp_path)


def test_a_renewed_certificate_is_shown_and_who_listens_goes_on_listening(served):
    before = served.shown()
    listening = served.connect()
    listening.request("GET", "/api/v1/events")
    with closing(listening), listening.getresponse() as events:
        assert events.readline()
        make_certificate(served.folder)
        served.look()
        assert before != served.shown() == served.chain
        served.runtime.say("meter", "ok", "as it was")
        assert any(b"as it was" in line for line in events)
    assert served.told == {"certificate": None}


def test_nothing_is_done_as_long_as_nothing_changes(served):
    before = served.shown()
    served.look(5)
    assert (served.shown(), served.told) == (before, {})


def test_a_broken_certificate_leaves_the_one_before_and_is_told_until_there_is_a_good_one(served):
    before = served.shown()
    (served.folder / "web.pem").write_text("half of")
    served.look()
    assert served.shown() == before
    assert served.told["certificate"].endswith("; the certificate of before is served")
    assert f"web: certificate {served.folder / 'web.pem'}" in served.told["certificate"]
    make_certificate(served.folder)
    served.look()
    assert (served.shown(), served.told) == (served.chain, {"certificate": None})


def test_a_chain_whose_key_comes_later_is_taken_in_when_both_are_there(served):
    before, old_key = served.shown(), (served.folder / "web.key").read_bytes()
    make_certificate(served.folder)
    new_key = (served.folder / "web.key").read_bytes()
    (served.folder / "web.key").write_bytes(old_key)
    served.look()
    assert (served.shown(), served.told["certificate"] is None) == (before, False)
    (served.folder / "web.key").write_bytes(new_key)
    served.look()
    assert (served.shown(), served.told) == (served.chain, {"certificate": None})


def test_commands_know_the_site_whatever_its_file_holds_by_now(served):
    with address_of(served.folder, served.server.url, certificate=served.watch.copy):
        (served.folder / "web.pem").write_text("half of")
        served.look()
        assert Running(served.folder).get("/state")["flow"] == "charge-point"
        make_certificate(served.folder)
        served.look()
        assert Running(served.folder).get("/state")["flow"] == "charge-point"
