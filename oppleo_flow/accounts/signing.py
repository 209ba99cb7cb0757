"""Proving who somebody is: by name, password and code, with tries that are counted."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from oppleo_flow.accounts.failures import CodeNeeded, NotFromThere, NotYou
from oppleo_flow.accounts.proving import (
    Passwords,
    hash_of,
    hash_of_code,
    is_app_code,
    step_of_code,
)
from oppleo_flow.accounts.rules import AccessRules, Origin
from oppleo_flow.accounts.site_key import SiteKey
from oppleo_flow.accounts.tries import Tries
from oppleo_flow.clock import Clock
from oppleo_flow.errors import PayloadError
from oppleo_flow.passwords import needs_rehash

if TYPE_CHECKING:
    from oppleo_flow.store import Ledger
    from oppleo_flow.store.user_rows import User

_LOG = logging.getLogger(__name__)
_FREE_BY_NAME: Final = 5
_FREE_BY_ADDRESS: Final = 20
_MOST_NOTED: Final = 100
_NOTED_AGAIN_S: Final = 3600.0

Unseal = Callable[[str, str], str]
"""Returns the secret of a second factor that was sealed with a password."""


class Signing:
    """Finds out whether somebody is who they say.  Legal from any thread.

    `unseal` opens a second factor that came from another program with the password.
    """

    def __init__(
        self,
        books: "Callable[[], Ledger]",
        clock: Clock,
        *,
        key: SiteKey,
        rules: AccessRules,
        passwords: Passwords,
        unseal: Unseal,
        note: Callable[[str, str, str], object],
    ) -> None:
        self._books = books
        self._clock = clock
        self._key = key
        self._rules = rules
        self._passwords = passwords
        self._unseal = unseal
        self._note = note
        self._by_name = Tries(clock, free=_FREE_BY_NAME)
        self._by_address = Tries(clock, free=_FREE_BY_ADDRESS)
        self._noted, self._noted_since_s = 0, clock.monotonic()

    def prove(
        self, name: str, password: str, code: str | None, origin: Origin
    ) -> "tuple[User, bool]":
        """Return the user that somebody is, and whether they gave a code.

        Raises:
            NotYou: They are not.
            CodeNeeded: They may be, and are to give a code as well.
            NotFromThere: They are, but elsewhere.
            TooManyTries: It is too early for another try.
        """
        everybody = {user.name: user for user in self._books().users.all()}
        user = everybody.get(name)
        keys = self._begin(name, user, origin)
        others = [one.password for one in everybody.values() if one.password is not None]
        kept = None if user is None else user.password
        if not self._passwords.proves(password, kept, others) or user is None:
            self._failed(name if user else "", "password", origin)
            raise NotYou
        user = self._with_own_secret(user, password)
        try:
            with_code = self._check_code(user, code, origin)
        except CodeNeeded:
            self._take_back(*keys)
            raise
        if not self._rules.trusts(origin, second_factor=with_code):
            self._take_back(*keys)
            raise NotFromThere
        self._by_name.succeeded(keys[0])
        self._by_address.undo(keys[1])
        if kept is not None and needs_rehash(kept):
            self._books().users.renew_password(name, self._passwords.hash(password))
        return user, with_code

    def is_code(self, user: "User", secret: str, code: str) -> bool:
        """Return whether a code is of a sealed secret, and was not used before; it is then."""
        step = step_of_code(self.opened(user.name, secret), code, self._clock.now())
        return step is not None and self._books().users.use_step(user.name, step)

    def opened(self, name: str, secret: str) -> str:
        """Return a secret as the app has it."""
        return self._key.unseal(secret, name)

    def _begin(self, name: str, user: "User | None", origin: Origin) -> tuple[str, str]:
        """Count a try by name and by address; return what they are counted by.

        On this machine it counts apart, so that nobody elsewhere can keep its owner out; and with
        another password, as from the console, it begins anew.
        """
        where = "here" if origin.this_machine else "there"
        password = (user and user.password) or ""
        keys = hash_of(f"{where} {name}\n{password}"), origin.counted_as
        self._by_address.begin(keys[1])
        self._by_name.begin(keys[0])
        return keys

    def _take_back(self, by_name: str, by_address: str) -> None:
        self._by_name.undo(by_name)
        self._by_address.undo(by_address)

    def _with_own_secret(self, user: "User", password: str) -> "User":
        """Return a user whose second factor of before is sealed with the key of the site now.

        One that the password does not open is lost: it is due, and to be set up anew.
        """
        if user.sealed_secret is None:
            return user
        try:
            secret = self._unseal(user.sealed_secret, password)
        except PayloadError as error:
            _LOG.warning("accounts: %s: %s; it is to be set up anew", user.name, error)
            self._note(user.name, "second factor", "cannot be taken over, to be set up anew")
            self._books().users.forget_sealed(user.name)
        else:
            sealed = self._key.seal(secret, user.name)
            self._books().users.set_second_factor(user.name, sealed, None, ())
            self._note(user.name, "second factor", "was taken over")
        found = self._books().users.get(user.name)
        if found is None:
            raise NotYou
        return found

    def _check_code(self, user: "User", code: str | None, origin: Origin) -> bool:
        """Return whether a code was asked for, and is right.

        Raises:
            CodeNeeded: It is, and is not there.
            NotYou: It is wrong.
        """
        if user.totp_secret is None:
            return False
        if not code:
            if self._rules.wants_code(origin):
                raise CodeNeeded
            return False
        if is_app_code(code):
            right = self.is_code(user, user.totp_secret, code)
        else:
            right = self._books().users.use_recovery_code(user.name, hash_of_code(code))
            if right:
                self._note(user.name, "second factor", "a recovery code was used")
        if not right:
            self._failed(user.name, "code", origin)
            raise NotYou
        return True

    def _failed(self, name: str, what: str, origin: Origin) -> None:
        """Note a failure, but not without end: whoever tries all day should not fill the disk.

        A name that is none is not noted: people type passwords there, too.
        """
        now_s = self._clock.monotonic()
        if now_s - self._noted_since_s > _NOTED_AGAIN_S:
            self._noted, self._noted_since_s = 0, now_s
        self._noted += 1
        more = "; no more are noted for an hour" if self._noted == _MOST_NOTED else ""
        if self._noted <= _MOST_NOTED:
            who = name or "somebody unknown"
            self._note(who, "sign-in failed", f"wrong {what}, from {origin.address}{more}")
