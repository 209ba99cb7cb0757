"""`http-client`: the twin when simulated, the real client otherwise."""

import pytest

from nodes.network.http_client import HttpClientConfig, HttpClientConnection
from oppleo_flow import DeviceMissing, VirtualClock
from oppleo_flow.devices.http import HttpRequest
from oppleo_flow.testing.bench import NOON, BenchSite

REQUEST = HttpRequest("POST", "https://example.org/add")


def connection(*, simulated: bool) -> HttpClientConnection:
    return HttpClientConnection(
        "web", HttpClientConfig(), clock=VirtualClock(NOON), site=BenchSite(), simulated=simulated
    )


def test_simulated_it_shows_what_it_would_have_sent() -> None:
    web = connection(simulated=True)
    web.open()
    assert (web.status, web.would_have_sent) == ("simulated: 0 not sent", ())

    assert web.send(REQUEST).simulated
    assert web.status == "simulated: 1 not sent, last to example.org"
    assert web.would_have_sent == (REQUEST,)
    web.close()


def test_opening_the_real_client_sends_nothing() -> None:
    web = connection(simulated=False)
    web.open()

    assert (web.status, web.would_have_sent) == ("", ())
    web.close()


def test_a_client_that_is_not_open_sends_nothing() -> None:
    with pytest.raises(DeviceMissing) as refused:
        connection(simulated=True).send(REQUEST)

    assert str(refused.value) == "connection 'web': is not open"
