"""`mail-server` against a real one on this machine: encryption, users, and what is wrong."""

from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from nodes.network.mail_server import MailServerConfig, MailServerConnection
from oppleo_flow import DeviceMissing, ServiceError, ServiceRefused
from oppleo_flow.clock import SystemClock
from oppleo_flow.testing.bench import BenchSite
from tests.nodes.notify.post_office import PASSWORD, PostOffice, context, post_office
from tests.oppleo_flow.devices.authority import Authority, authority

ME = "me@example.org"
CONFIG = {"host": "smtp.example.org", "sender": ME}
SIGNED_IN = {"user": "me", "password": PASSWORD}


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("authority"))


def server(office: PostOffice, **options: Any) -> MailServerConnection:
    config = MailServerConfig(**{"host": "127.0.0.1", "port": office.port, "sender": ME} | options)
    made = MailServerConnection(
        "mail", config, clock=SystemClock(), site=BenchSite(folder=Path("/")), simulated=False
    )
    made.open()
    return made


def letter() -> EmailMessage:
    made = EmailMessage()
    made["Subject"] = "Statement"
    made.set_content("hello")
    return made


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_letter_goes_out_encrypted_and_signed_in(signer: Authority, security: str) -> None:
    secure = {security: context(*signer.sign())}
    with post_office(users=security == "starttls", **secure) as office:
        signed_in = SIGNED_IN if security == "starttls" else {}
        ca_file = str(signer.certificate)
        posted = server(office, security=security, ca_file=ca_file, **signed_in).post(
            letter(), [ME]
        )

    assert (posted.taken, posted.refused, len(office.taken)) == ((ME,), (), 1)
    assert office.signed_in == (["me"] if security == "starttls" else [])


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_whose_certificate_nobody_signed_gets_neither_password_nor_letter(
    signer: Authority, security: str
) -> None:
    secure = {security: context(*signer.sign())}
    with post_office(**secure) as office, pytest.raises(ServiceError) as error:
        server(office, security=security, **SIGNED_IN).post(letter(), [ME])

    assert str(error.value).startswith(
        f"127.0.0.1:{office.port}: its certificate is not trusted: unable to get local issuer"
    )
    assert (office.taken, office.signed_in) == ([], [])


def test_a_certificate_of_another_host_is_refused(signer: Authority) -> None:
    secure = context(*signer.sign("DNS:mail.example.org"))
    with post_office(starttls=secure) as office, pytest.raises(ServiceError) as error:
        server(office, ca_file=str(signer.certificate)).post(letter(), [ME])

    assert "its certificate is not trusted: IP address mismatch" in str(error.value)
    assert office.taken == []


def test_a_server_that_knows_no_encryption_gets_nothing() -> None:
    with post_office() as office, pytest.raises(ServiceError) as error:
        server(office).post(letter(), [ME])

    assert "STARTTLS extension not supported by server" in str(error.value)
    assert office.taken == []


def test_a_wrong_password_is_refused_for_good_and_not_told(signer: Authority) -> None:
    secure = context(*signer.sign())
    wrong = {"user": "me", "password": "another-pa55"}
    with post_office(users=True, starttls=secure) as office, pytest.raises(ServiceRefused) as error:
        server(office, ca_file=str(signer.certificate), **wrong).post(letter(), [ME])

    assert "does not let this user in: 535" in str(error.value)
    assert "another-pa55" not in str(error.value)


def test_a_server_without_users_refuses_one() -> None:
    with post_office() as office, pytest.raises(ServiceRefused) as error:
        server(office, security="none", **SIGNED_IN).post(letter(), [ME])

    assert "knows no users" in str(error.value)


def test_check_connect_signs_in_and_sends_nothing(signer: Authority) -> None:
    secure = context(*signer.sign())
    with post_office(users=True, starttls=secure) as office:
        made = server(office, ca_file=str(signer.certificate), **SIGNED_IN)
        said = made.probe()

    assert said == f"127.0.0.1:{office.port} answers 250 OK, and signs in"
    assert office.taken == []


def test_before_it_is_open_nothing_is_sent() -> None:
    made = MailServerConnection(
        "mail",
        MailServerConfig(**CONFIG),
        clock=SystemClock(),
        site=BenchSite(),
        simulated=False,
    )

    with pytest.raises(DeviceMissing, match=r"^connection 'mail': is not open$"):
        made.post(letter(), [ME])


def test_simulated_it_reaches_nobody() -> None:
    made = MailServerConnection(
        "mail", MailServerConfig(**CONFIG), clock=SystemClock(), site=BenchSite(), simulated=True
    )

    assert made.probe() == "simulated, not asked"
    assert made.post(letter(), [ME]).simulated
    assert (made.status, len(made.would_have_sent)) == ("simulated: 1 not sent", 1)


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        pytest.param({"user": "me"}, "user and password go together", id="user alone"),
        pytest.param(
            {"security": "none", **SIGNED_IN}, "send the password in clear", id="password in clear"
        ),
        pytest.param(
            {"security": "none", "ca_file": "ca.pem"}, "ca_file needs security", id="ca_file"
        ),
        pytest.param({"sender": "Me <me@example.org>"}, "without a name", id="a name"),
        pytest.param({"security": "ssl"}, "Input should be", id="a security that there is not"),
    ],
)
def test_settings_that_do_not_hang_together_are_refused(
    options: dict[str, str], wrong: str
) -> None:
    with pytest.raises(ValidationError, match=wrong):
        MailServerConfig(**CONFIG | options)


def test_a_password_goes_in_clear_to_this_machine_only() -> None:
    config = MailServerConfig(host="localhost", sender=ME, security="none", **SIGNED_IN)

    assert PASSWORD not in repr(config)


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_the_port_is_that_of_the_encryption(security: str, port: int) -> None:
    made = MailServerConnection(
        "mail",
        MailServerConfig(**CONFIG, security=security),
        clock=SystemClock(),
        site=BenchSite(),
        simulated=False,
    )

    assert made._account.port == port
