"""Where a request comes from, and by which names a site answers."""

import pytest

from oppleo_flow.accounts.networks import Networks
from oppleo_flow.accounts.rules import AccessRules
from webui.origin import Doors

PROXY = Doors(proxies=Networks(["10.0.0.0/24"]))


def asked(peer="192.168.1.2", **headers):
    return {"REMOTE_ADDR": peer, "HTTP_HOST": "garage.local:8080", "wsgi.url_scheme": "http"} | {
        f"HTTP_{name.upper()}": value for name, value in headers.items()
    }


def test_a_request_comes_from_who_makes_it():
    found = PROXY.origin(asked(user_agent="Firefox"))
    assert (str(found.address), found.agent, found.https) == ("192.168.1.2", "Firefox", False)
    assert PROXY.origin(asked() | {"wsgi.url_scheme": "https"}).https


@pytest.mark.parametrize(
    ("says", "address"),
    [
        pytest.param("8.8.8.8", "8.8.8.8", id="one"),
        pytest.param("1.1.1.1, 8.8.8.8", "8.8.8.8", id="what a client wrote itself comes first"),
        pytest.param("8.8.8.8, 10.0.0.7", "8.8.8.8", id="another listed proxy between"),
        pytest.param("[2001:db8::1]", "2001:db8::1", id="IPv6 in brackets"),
        pytest.param("10.0.0.7", "None", id="nobody but proxies"),
        pytest.param("unknown", "None", id="no address"),
        pytest.param("", "None", id="nothing"),
    ],
)
def test_a_listed_proxy_says_for_whom_it_asks(says, address):
    found = PROXY.origin(asked("10.0.0.1", x_forwarded_for=says, x_forwarded_proto="https"))
    assert (str(found.address), found.https, found.straight) == (address, True, False)


def test_nobody_else_is_believed():
    forged = asked(
        "192.168.1.2",
        x_forwarded_for="127.0.0.1",
        x_forwarded_proto="https",
        x_forwarded_host="127.0.0.1",
    )
    found = PROXY.origin(forged)
    assert (str(found.address), found.https, found.this_machine) == ("192.168.1.2", False, False)
    assert PROXY.host(forged) == "garage.local:8080"


PASSED_ON = ["x_forwarded_for", "forwarded", "x_real_ip", "x_forwarded_host", "x_forwarded_proto"]


@pytest.mark.parametrize("name", PASSED_ON)
def test_what_was_passed_on_is_not_of_this_machine(name):
    assert Doors().origin(asked("127.0.0.1")).this_machine
    assert not Doors().origin(asked("127.0.0.1", **{name: "127.0.0.1"})).this_machine


@pytest.mark.parametrize("name", PASSED_ON)
@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:192.168.1.2", "192.168.1.2"])
def test_who_comes_through_a_proxy_that_is_not_listed_is_not_near(peer, name):
    rules = AccessRules(remote="refused")
    assert rules.admits(PROXY.origin(asked(peer)))
    passed_on = PROXY.origin(asked(peer, **{name: "192.168.1.9"}))
    assert not rules.is_local(passed_on)
    assert not rules.admits(passed_on)
    assert not AccessRules().trusts(passed_on, second_factor=False)


def test_who_comes_through_a_listed_proxy_is_near_where_they_are():
    rules = AccessRules()
    assert rules.is_local(PROXY.origin(asked("10.0.0.1", x_forwarded_for="192.168.1.9")))
    assert not rules.is_local(PROXY.origin(asked("10.0.0.1", x_forwarded_for="8.8.8.8")))


def test_a_listed_proxy_says_by_which_name_it_was_asked():
    assert PROXY.host(asked("10.0.0.1", x_forwarded_host="charger.example")) == "charger.example"
    assert PROXY.host(asked("10.0.0.1")) == "garage.local:8080"


@pytest.mark.parametrize(
    ("doors", "host", "status"),
    [
        pytest.param(Doors(), "garage.local", 421, id="a name that nobody listed"),
        pytest.param(Doors(("garage.local",)), "garage.local:8080", 200, id="a name of the list"),
        pytest.param(Doors(("garage.local",)), "GARAGE.local", 200, id="in other letters"),
        pytest.param(Doors(("garage.local",)), "evil.garage.local", 421, id="a name below it"),
        pytest.param(Doors(), "192.168.1.10", 421, id="an address, for this machine only"),
        pytest.param(Doors(any_address=True), "192.168.1.10:8080", 200, id="an address"),
        pytest.param(Doors(any_address=True), "[2001:db8::1]:8080", 200, id="one of IPv6"),
        pytest.param(Doors(any_address=True), "rebound.example", 421, id="a name for it"),
        pytest.param(Doors(any_address=True), "192.168.1.10.rebound.example", 421, id="alike"),
    ],
)
def test_no_name_that_others_can_point_at_this_machine_is_answered(
    make_client, doors, host, status
):
    assert make_client(doors=doors).get("/live", Host=host).status == status
