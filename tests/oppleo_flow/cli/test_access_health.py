from datetime import UTC, datetime

import pytest

from oppleo_flow.cli.access_health import access
from oppleo_flow.cli.site import Site
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.store.user_rows import User
from tests.webui.certificates import make_certificate

NOW = datetime.now(UTC)


def told(site, web="{}"):
    text = (site / "oppleo.yaml").read_text()
    (site / "oppleo.yaml").write_text(f"{text}web: {web}\n")
    found = list(access(Site.load(site), NOW))
    (site / "oppleo.yaml").write_text(text)
    return {(one.level, one.text) for one in found}


@pytest.fixture
def signed(site):
    """Return a site at which somebody can sign in."""
    (site / ".oppleo").mkdir()
    with open_ledger(StoreLocation(site / ".oppleo/ledger.sqlite"), "garage") as ledger:
        ledger.users.add(User("anna", "text"), NOW)
    return site


def test_that_nobody_can_sign_in_is_worth_a_look(site):
    assert told(site) == {
        ("ok", "nobody can sign in yet; a start says how to make the first account")
    }
    (first, *_) = sorted(told(site, "{host: 192.168.1.10, proxies: [192.168.1.1]}"))
    assert first == (
        "warn",
        "nobody can sign in yet, so it listens on this machine only, not on 192.168.1.10",
    )


def test_a_site_for_this_machine_is_well(signed):
    assert told(signed) == {("ok", "somebody can sign in")}


@pytest.mark.parametrize(
    ("web", "found"),
    [
        pytest.param(
            "{host: 0.0.0.0}",
            ("warn", "passwords cross the network in clear to 0.0.0.0"),
            id="no certificate",
        ),
        pytest.param(
            "{proxies: [0.0.0.0/0]}",
            ("bad", "0.0.0.0/0 are all believed when they say for whom they ask"),
            id="everybody is a proxy",
        ),
        pytest.param(
            "{local_networks: ['::/0']}",
            ("warn", "::/0 is everybody, so that nobody is remote"),
            id="everybody is near",
        ),
        pytest.param(
            "{remote: password}",
            ("warn", "who comes from elsewhere needs a password and no more"),
            id="no second factor",
        ),
    ],
)
def test_what_is_unsafe_is_said(signed, web, found):
    assert found in told(signed, web)


@pytest.mark.parametrize(
    ("days", "level"),
    [
        pytest.param(90, "ok", id="it holds"),
        pytest.param(10, "warn", id="it is over soon"),
        pytest.param(-1, "bad", id="it is over"),
    ],
)
def test_how_long_a_certificate_holds_is_told(signed, days, level):
    make_certificate(signed, days=days)
    found = told(signed, "{host: 0.0.0.0, certificate: web.pem, key: web.key}")
    assert level in {one for one, text in found if "holds until" in text or "is over" in text}


def test_a_key_that_others_can_read_and_a_certificate_that_is_none_are_bad(signed):
    _, key = make_certificate(signed)
    key.chmod(0o644)
    web = "{certificate: web.pem, key: web.key}"
    assert ("bad", f"others can read {key}") in told(signed, web)
    key.write_text("no key")
    assert any(level == "bad" and "cannot be used" in text for level, text in told(signed, web))


def test_a_ledger_that_everybody_can_read_is_bad(signed):
    ledger = signed / ".oppleo/ledger.sqlite"
    ledger.chmod(0o644)
    assert ("bad", f"everybody can read {ledger}") in told(signed)
