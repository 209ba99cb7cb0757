"""The accounts of a site: who may sign in, what they are, and all that they may change of it."""

from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from oppleo_flow.accounts.browsers import Browsers
from oppleo_flow.accounts.failures import NotYou
from oppleo_flow.accounts.proving import (
    Passwords,
    hash_of,
    hash_of_code,
    new_recovery_codes,
    new_token,
    new_totp_secret,
    totp_uri,
)
from oppleo_flow.accounts.rights import RIGHTS, Right, Role
from oppleo_flow.accounts.rules import AccessRules, Origin
from oppleo_flow.accounts.signing import Signing, Unseal
from oppleo_flow.accounts.site_key import NAME, SiteKey
from oppleo_flow.clock import Clock
from oppleo_flow.errors import ConfigError, Refused
from oppleo_flow.immutable import immutable
from oppleo_flow.passwords import check_new_password
from oppleo_flow.store.who_can import somebody_can_sign_in

if TYPE_CHECKING:
    from oppleo_flow.store import Ledger
    from oppleo_flow.store.sign_in_rows import ApiToken, WebSession
    from oppleo_flow.store.user_rows import User

_NAME_LENGTH: Final = 100
_MOST_TOKENS: Final = 50
_LOOK_AGAIN_S: Final = 1.0
_MORE_THAN_THE_NAME: Final = 4

Note = Callable[[str, str, str], object]
"""Notes who did what, and about what."""


@immutable
class ProposedFactor:
    """A secret that an app is to take in, and the text that says all the app needs."""

    secret: str
    uri: str


@immutable
class Ended:
    """How many sessions and tokens of somebody ended."""

    sessions: int
    tokens: int


class Known:
    """What is known of the accounts of a site; `books` opens its ledger."""

    def __init__(self, books: "Callable[[], Ledger]", clock: Clock) -> None:
        self._books = books
        self._clock = clock

    def users(self) -> "list[User]":
        """Return everybody, by name."""
        return self._books().users.all()

    def drivers(self) -> list[str]:
        """Return the drivers whose sessions can be somebody's own."""
        return self._books().accounts.names("driver")

    def sessions(self, owner: str | None = None) -> "list[WebSession]":
        """Return where somebody, or anybody, is signed in, the one seen last first."""
        now = self._clock.now()
        return [one for one in self._books().sign_ins.sessions(owner) if one.expires_at > now]

    def tokens(self, owner: str | None = None) -> "list[ApiToken]":
        """Return the API tokens of somebody, or of all, the newest first."""
        return self._books().sign_ins.tokens(owner)

    def user(self, name: str) -> "User":
        """Return a user.

        Raises:
            LookupError: There is nobody of this name.
        """
        found = self._books().users.get(name)
        if found is None:
            raise LookupError(name)
        return found

    def recovery_codes_left(self, name: str) -> int:
        """Return how many codes that stand in for the app were not used."""
        return self._books().users.recovery_codes_left(name)


class Accounts(Known):
    """The accounts of a site.  Legal from any thread.

    `books` opens the ledger at `path`, which may not be there yet; `note` is the audit; `title` is
    what an app calls the site; `unseal` opens a second factor from another program.
    """

    def __init__(
        self,
        books: "Callable[[], Ledger]",
        path: Path,
        charge_point: str,
        *,
        clock: Clock,
        rules: AccessRules,
        title: str,
        unseal: Unseal,
        note: Note,
    ) -> None:
        super().__init__(books, clock)
        self._path = path
        self._charge_point = charge_point
        self._title = title
        self._note = note
        self._exist, self._look_again_s = False, clock.monotonic()
        self._key = SiteKey(path.with_name(NAME))
        self._passwords = Passwords()
        self.rules = rules
        self.browsers = Browsers(books, clock, rules)
        self.signing = Signing(
            *(books, clock),
            key=self._key,
            rules=rules,
            passwords=self._passwords,
            unseal=unseal,
            note=note,
        )

    @property
    def exist(self) -> bool:
        """Return whether anybody can sign in; once somebody could, for as long as this runs.

        That the last account was removed must not open what is open while there is none.

        Raises:
            StoreError: The ledger cannot be read.
        """
        now_s = self._clock.monotonic()
        if not self._exist and now_s >= self._look_again_s:
            self._exist = somebody_can_sign_in(self._path, self._charge_point)
            self._look_again_s = now_s + _LOOK_AGAIN_S
        return self._exist

    def sign_in(
        self, name: str, password: str, code: str | None, origin: Origin, *, remember: bool
    ) -> str:
        """Return what the browser of somebody is to show; raises as `Signing.prove` does."""
        user, with_code = self.signing.prove(name, password, code, origin)
        shown = self.browsers.begin(user, origin, remember=remember, with_code=with_code)
        self._note(user.name, "sign-in", f"from {origin.address}")
        return shown

    def add_first(self, name: str, password: str, origin: Origin) -> str:
        """Make the first account, of an admin, and sign it in; return what their browser shows.

        Raises:
            Refused: There is one already.
            ConfigError: The name or the password is none.
        """
        self._add(name, password, Role.ADMIN, None, only_first=True)
        self._note(name, "account", f"the first one, made from {origin.address}")
        user = self.user(name)
        return self.browsers.begin(user, origin, remember=False, with_code=False)

    def add(self, name: str, password: str, role: Role, driver: str | None) -> "User":
        """Let somebody sign in.

        Raises:
            Refused: There is somebody of this name.
            ConfigError: The name or the password is none.
        """
        self._add(name, password, role, driver)
        return self.user(name)

    def set_terms(self, name: str, role: Role, driver: str | None) -> None:
        """Give somebody another role, or other sessions; they are to sign in anew.

        Tokens that were made for more than the new role may end; that it may so again later must
        not wake them up.

        Raises:
            Refused: Nobody would be left who may administer.
        """
        may = {right.value for right in RIGHTS[role]}
        ended = self._books().users.set_terms(
            name, role=role.value, driver=driver, may=may, needed=Role.ADMIN.value
        )
        self._tell_of_tokens(name, ended, f"as {role.value}")
        self._end_sessions(name)

    def set_password(
        self, name: str, password: str, *, but: str | None = None, end_tokens: bool
    ) -> Ended:
        """Keep another password; all sessions end but one, by its hash, and the tokens if wanted.

        Raises:
            ConfigError: The password is none.
        """
        check_password(name, password)
        hashed = self._passwords.hash(password)
        tokens = self._books().users.set_password(name, hashed, end_tokens=end_tokens)
        self._tell_of_tokens(name, tokens, "with the password before")
        return Ended(self._end_sessions(name, but=but), tokens)

    def remove(self, name: str) -> None:
        """Let somebody sign in no more.

        Raises:
            Refused: There is nobody of this name, or nobody would be left who may administer.
        """
        self._books().users.remove(name, needed=Role.ADMIN.value)
        self.browsers.forget()

    def propose_second_factor(self, name: str) -> ProposedFactor:
        """Return a secret that counts once a code has proved that an app has it.

        Raises:
            Refused: There is a second factor already.
        """
        if self.user(name).totp_secret is not None:
            raise Refused("the account has a second factor; remove that one first")
        secret = new_totp_secret()
        self._books().users.propose_second_factor(name, self._key.seal(secret, name))
        return ProposedFactor(secret, totp_uri(secret, name, self._title))

    def confirm_second_factor(self, name: str, code: str, *, but: str) -> list[str]:
        """Let the proposed second factor count; return what stands in for the app.

        All sessions end but one, by its hash.

        Raises:
            NotYou: The code is not of it.
            Refused: None was proposed.
        """
        user = self.user(name)
        if user.new_totp_secret is None:
            raise Refused("no second factor was proposed; begin anew")
        if not self.signing.is_code(user, user.new_totp_secret, code):
            raise NotYou
        codes = new_recovery_codes()
        step = self.user(name).totp_step
        hashes = [hash_of_code(one) for one in codes]
        self._books().users.set_second_factor(name, user.new_totp_secret, step, hashes)
        self._end_sessions(name, but=but)
        return codes

    def new_recovery_codes(self, name: str) -> list[str]:
        """Return what stands in for the app from now on; what did before does no more.

        Raises:
            Refused: There is no second factor.
        """
        if self.user(name).totp_secret is None:
            raise Refused("the account has no second factor")
        codes = new_recovery_codes()
        self._books().users.set_recovery_codes(name, [hash_of_code(one) for one in codes])
        return codes

    def remove_second_factor(self, name: str, *, but: str | None = None) -> int:
        """Forget a second factor; all sessions end but one; return how many did."""
        self._books().users.remove_second_factor(name)
        return self._end_sessions(name, but=but)

    def add_token(
        self, owner: str, name: str, rights: Collection[Right], expires_at: datetime | None
    ) -> "tuple[str, ApiToken]":
        """Return what a program is to ask with, and what is kept of it.

        Raises:
            Refused: There are as many as may be.
        """
        from oppleo_flow.store.sign_in_rows import ApiToken  # noqa: PLC0415  (imports SQLAlchemy)

        rows = self._books().sign_ins
        if len(rows.tokens(owner)) >= _MOST_TOKENS:
            raise Refused(f"an account has {_MOST_TOKENS} API tokens at most; remove one")
        shown, now = new_token("token"), self._clock.now()
        named = " ".join(sorted(right.value for right in rights))
        token = ApiToken(hash_of(shown), owner, name, named, now, expires_at)
        rows.add_token(token)
        return shown, token

    def end_session(self, owner: str, reference: str) -> int:
        """Sign somebody out where a session of that reference is; return how many there were."""
        rows = self._books().sign_ins
        ended = sum(
            rows.end_session(one.id_hash)
            for one in rows.sessions(owner)
            if one.reference == reference
        )
        self.browsers.forget()
        return ended

    def end_sessions(self, name: str, *, but: str | None = None) -> int:
        """Sign somebody out everywhere but where the session of a hash is; return how many."""
        return self._end_sessions(name, but=but)

    def remove_token(self, owner: str, reference: str) -> int:
        """Let a program ask no more; return how many tokens of that reference there were."""
        rows = self._books().sign_ins
        gone = sum(
            rows.remove_token(one.token_hash)
            for one in rows.tokens(owner)
            if one.reference == reference
        )
        self.browsers.forget()
        return gone

    def _add(
        self,
        name: str,
        password: str,
        role: Role,
        driver: str | None,
        *,
        only_first: bool = False,
    ) -> None:
        from oppleo_flow.store.user_rows import User  # noqa: PLC0415  (imports SQLAlchemy)

        check_name(name)
        check_password(name, password)
        user = User(name, self._passwords.hash(password), role=role.value, driver=driver)
        self._books().users.add(user, self._clock.now(), only_first=only_first)
        self._exist = True

    def _end_sessions(self, name: str, *, but: str | None = None) -> int:
        ended = self._books().sign_ins.end_sessions(name, but=but)
        self.browsers.forget()
        return ended

    def _tell_of_tokens(self, name: str, ended: int, what: str) -> None:
        if ended:
            self._note(name, "API tokens", f"{ended} ended, {what}")


def check_name(name: str) -> None:
    """Refuse what nobody should be called.

    Raises:
        ConfigError: It is empty, too long, or has signs or spaces that nobody sees.
    """
    fine = name == name.strip() and name.isprintable() and "/" not in name
    if not (fine and 0 < len(name) <= _NAME_LENGTH):
        raise ConfigError(
            f"user: a name of 1 to {_NAME_LENGTH} letters, digits and signs but / is needed, "
            f"got {name!r}"
        )


def check_password(name: str, password: str) -> None:
    """Refuse what is no password to begin with for somebody of a name.

    Raises:
        ConfigError: It is too short or too long, or hardly more than the name.
    """
    check_new_password(password)
    if len(password.casefold().replace(name.casefold(), "")) < _MORE_THAN_THE_NAME:
        raise ConfigError("password: is too much like the name; choose another")
