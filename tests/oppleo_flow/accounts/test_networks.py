from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.accounts.networks import HOME, Networks, counted_as, parse_address, parse_network


@pytest.mark.parametrize(
    ("text", "near"),
    [
        pytest.param("127.0.0.1", True, id="this machine"),
        pytest.param("192.168.1.2", True, id="a house network"),
        pytest.param("172.32.0.1", False, id="just outside of 172.16.0.0/12"),
        pytest.param("8.8.8.8", False, id="the internet"),
        pytest.param("::1", True, id="this machine by IPv6"),
        pytest.param("fe80::1%eth0", True, id="a neighbour by IPv6, with its interface"),
        pytest.param("fd12:3456::1", True, id="a house network of IPv6"),
        pytest.param("2001:db8::1", False, id="the internet by IPv6"),
        pytest.param("::ffff:192.168.1.2", True, id="IPv4 in the clothes of IPv6"),
        pytest.param("::ffff:8.8.8.8", False, id="the internet in the clothes of IPv6"),
        pytest.param("unknown", False, id="what is no address"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_only_what_is_in_a_network_that_was_named_is_near(text, near):
    assert (parse_address(text) in Networks(HOME)) is near


def test_by_the_widest_network_everybody_of_its_kind_is_near():
    assert parse_address("8.8.8.8") in Networks(["0.0.0.0/0"])
    assert parse_address("2001:db8::1") not in Networks(["0.0.0.0/0"])


@pytest.mark.parametrize("length", [33, 64, 128, 255])
def test_a_network_longer_than_an_address_is_refused(length):
    with pytest.raises(ValueError, match="a network such as"):
        parse_network(f"10.0.0.0/{length}")


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_a_network_that_is_written_is_read_back(address, length):
    around = ip_network((address, length), strict=False)
    assert parse_network(str(around)) == around


def test_all_addresses_that_one_house_has_by_ipv6_are_counted_as_one():
    assert counted_as(ip_address("2001:db8:1:2:3::4")) == "2001:db8:1:2::/64"
    assert counted_as(ip_address("192.168.1.2")) == "192.168.1.2"
    assert counted_as(None) == "None"
