"""From where somebody may sign in, and with what."""

from dataclasses import field
from typing import Final, Literal

from oppleo_flow.accounts.networks import HOME, Address, Networks, counted_as
from oppleo_flow.immutable import immutable

Remote = Literal["second-factor", "password", "refused"]
"""What is asked of who comes from elsewhere: a second factor too, no more, or to stay away."""
SecondFactor = Literal["always", "remote"]
"""When an account that has a second factor is asked for it."""

LOOPBACK: Final = Networks(("127.0.0.0/8", "::1/128"))


@immutable
class Origin:
    """Where a request comes from; an `address` that nobody knows counts as far away.

    `straight`: no other server has passed it on; `vouched`: none but those that the site lists.
    """

    address: Address | None
    agent: str = ""
    https: bool = False
    straight: bool = True
    vouched: bool = True

    @property
    def this_machine(self) -> bool:
        """Return whether it was made on this machine."""
        return self.straight and self.address in LOOPBACK

    @property
    def counted_as(self) -> str:
        """Return what attempts from there are counted by."""
        return counted_as(self.address)


@immutable
class AccessRules:
    """What a site asks of who is near and of who is far."""

    local: Networks = field(default_factory=lambda: Networks(HOME))
    remote: Remote = "second-factor"
    second_factor: SecondFactor = "always"

    def is_local(self, origin: Origin) -> bool:
        """Return whether a request comes from a network that was named local.

        Behind a server that nobody listed, anybody may be: its own address says nothing.
        """
        return origin.vouched and origin.address in self.local

    def admits(self, origin: Origin) -> bool:
        """Return whether anything at all is answered there."""
        return self.remote != "refused" or self.is_local(origin)

    def wants_code(self, origin: Origin) -> bool:
        """Return whether who has a second factor is asked for it there."""
        return self.second_factor == "always" or not self.is_local(origin)

    def trusts(self, origin: Origin, *, second_factor: bool) -> bool:
        """Return whether somebody may be signed in there, who did or did not give a code."""
        return second_factor or self.remote == "password" or self.is_local(origin)
