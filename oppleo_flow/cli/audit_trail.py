"""Where it is noted who did what at a site; apart from the command that lists it, for a start."""

from collections.abc import Callable

from oppleo_flow.cli.site import Site
from oppleo_flow.clock import SystemClock
from oppleo_flow.store.audit import AuditLog, this_user


def audit_of(site: Site, redact: Callable[[str], str] = str) -> AuditLog:
    """Return where deeds at a site are noted: real and simulated ones together, told apart."""
    return AuditLog(site.audit, SystemClock(), simulated=site.simulate, redact=redact)


def note(site: Site, what: str, about: str, details: str = "") -> None:
    """Note what the command line has just done.

    Raises:
        StoreError: It cannot be written.
    """
    audit_of(site).note(f"{this_user()} (command)", what, about, details)
