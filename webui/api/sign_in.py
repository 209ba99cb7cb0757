"""Signing in and out, and the first account of a site."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from bottle import response

from oppleo_flow.accounts.browsers import LONGEST_REMEMBERED
from oppleo_flow.accounts.failures import CodeNeeded, NotFromThere, NotYou, UnknownRole
from oppleo_flow.accounts.proving import Busy
from oppleo_flow.accounts.tries import TooManyTries
from oppleo_flow.errors import OppleoError, Refused
from webui.access import COOKIE, Access, SiteAccess, cookie
from webui.api.account_models import (
    AccountAnswer,
    DoneAnswer,
    FirstAccount,
    FirstRunAnswer,
    Proof,
    SignIn,
    SureAnswer,
)
from webui.api.audit import Deeds
from webui.asking import By, Who, who
from webui.origin import origin
from webui.ports import SiteFacts
from webui.problem import problem
from webui.reading import Nothing, read_body

if TYPE_CHECKING:
    from oppleo_flow.store.user_rows import User

AnswerT = TypeVar("AnswerT")
_OVER: Final = "Thu, 01 Jan 1970 00:00:00 GMT"


class AccountRoutes:
    """The base of the routes of accounts."""

    def __init__(self, access: Access, site: SiteFacts, deeds: Deeds) -> None:
        self._access = access
        self._facts = site
        self._deeds = deeds

    @property
    def _site(self) -> SiteAccess:
        """Return the access of a site that has accounts."""
        if not isinstance(self._access, SiteAccess):
            raise problem(404, "no-accounts", "this site keeps no accounts")
        return self._access

    def _me(self) -> "User":
        """Return the user who asks, who has an account."""
        found = who()
        if found.by not in (By.COOKIE, By.TOKEN):
            raise problem(409, "refused", "whoever asks here has no account")
        try:
            return self._site.accounts.user(found.name)
        except LookupError:
            raise problem(401, "sign-in", "the account is gone") from None

    def _prove(self, asked: Proof) -> None:
        """Refuse a request unless who asks gives their password, and code, once more."""
        name = self._me().name
        signing = self._site.accounts.signing
        proved(lambda: signing.prove(name, asked.password, asked.code, origin()))

    def _account(self, found: Who) -> AccountAnswer:
        site = self._access if isinstance(self._access, SiteAccess) else None
        of_account = found.by in (By.COOKIE, By.TOKEN) and site is not None
        user = site.accounts.user(found.name) if of_account and site is not None else None
        left = 0
        if site is not None and user is not None and user.totp_secret is not None:
            left = site.accounts.recovery_codes_left(user.name)
        return {
            "signed_in": found.by is not By.NOTHING,
            "demo": found.by is By.DEMO,
            "first_run": found.by is By.NOTHING and site is not None and site.needs_first_account,
            "public_view": self._facts.public_view,
            "language": self._facts.language,
            "timezone": self._facts.timezone,
            "name": found.name,
            "role": found.role,
            "driver": found.driver,
            "rights": sorted(found.rights),
            "csrf_token": found.csrf_token,
            "sure_until": found.sure_until.isoformat() if found.sure_until and user else None,
            "second_factor": user is not None and user.totp_secret is not None,
            "second_factor_due": user is not None and user.second_factor_due,
            "recovery_codes_left": left,
        }


class SigningIn(AccountRoutes):
    """The routes of `/api/v1/sign-in`, `/api/v1/sign-out` and `/api/v1/first-run`."""

    def sign_in(self) -> AccountAnswer:
        """Answer `POST /api/v1/sign-in`: a session begins."""
        asked = read_body(SignIn)
        accounts, here = self._site.accounts, origin()
        shown = proved(
            lambda: accounts.sign_in(
                *(asked.name, asked.password, asked.code, here), remember=asked.remember
            )
        )
        return self._begun(shown, remember=asked.remember)

    def sure(self) -> SureAnswer:
        """Answer `POST /api/v1/sign-in/again`: for five minutes they need not prove it again."""
        asked = read_body(Proof)
        self._prove(asked)
        if who().by is not By.COOKIE:
            raise problem(409, "refused", "only a session can be sure")
        until = self._site.accounts.browsers.sure_again(who().key)
        return {"sure_until": until.isoformat()}

    def sign_out(self) -> DoneAnswer:
        """Answer `POST /api/v1/sign-out`: this session is over."""
        read_body(Nothing)
        found = who()
        if found.by is not By.COOKIE:
            raise problem(409, "refused", "there is no session to end")
        ended = self._site.accounts.end_session(found.name, found.reference)
        response.add_header("Set-Cookie", _cookie("", f"; Expires={_OVER}"))
        self._deeds.note("sign-out", found.name)
        return {"count": ended}

    def first_run(self) -> FirstRunAnswer:
        """Answer `GET /api/v1/first-run`."""
        site = self._access if isinstance(self._access, SiteAccess) else None
        if site is None or not site.needs_first_account:
            return {"needed": False, "token_holds": False}
        holds = site.first_run is not None and site.first_run.holds
        return {"needed": True, "token_holds": holds}

    def make_first(self) -> AccountAnswer:
        """Answer `POST /api/v1/first-run`: the first account is made, and signed in.

        Raises:
            Refused: There is an account already.
        """
        asked = read_body(FirstAccount)
        site, here = self._site, origin()
        if site.accounts.exist:
            raise Refused("user: there is an account already; sign in")
        first_run = site.first_run
        if first_run is None or not here.this_machine:
            raise problem(
                403,
                "not-from-there",
                "the first account is made on the machine itself; "
                "`oppleo-flow users add NAME` makes one too",
            )
        if not proved(lambda: first_run.take(asked.token)):
            raise problem(
                401,
                "not-you",
                "this is not the token on the console, or it is over; "
                "start again for another, or use `oppleo-flow users add NAME`",
            )
        try:
            shown = site.accounts.add_first(asked.name, asked.password, here)
        except OppleoError:
            first_run.give_back()
            raise
        return self._begun(shown, remember=False)

    def _begun(self, shown: str, *, remember: bool) -> AccountAnswer:
        """Give a browser what it is to show, and say who it is signed in as."""
        old = cookie()
        if old is not None:  # what it showed until now is not left behind
            before = self._site.signed_in(old, origin())
            if before.by is By.COOKIE:
                self._site.accounts.end_session(before.name, before.reference)
        lasts = f"; Max-Age={int(LONGEST_REMEMBERED.total_seconds())}" if remember else ""
        response.add_header("Set-Cookie", _cookie(shown, lasts))
        return self._account(self._site.signed_in(shown, origin()))


def proved(prove: Callable[[], AnswerT]) -> AnswerT:
    """Return what proves somebody, or say what is in the way of it."""
    try:
        return prove()
    except NotYou as error:
        raise problem(401, "not-you", str(error)) from error
    except CodeNeeded as error:
        raise problem(401, "code-needed", str(error)) from error
    except NotFromThere as error:
        raise problem(403, "not-from-there", str(error)) from error
    except UnknownRole as error:
        raise problem(403, "unknown-role", str(error)) from error
    except TooManyTries as error:
        wait_s = max(1, round(error.wait_s))
        refusal = problem(429, "too-many-tries", str(error), retry_after_s=wait_s)
        refusal.set_header("Retry-After", str(wait_s))
        raise refusal from error
    except Busy as error:
        raise problem(503, "busy", str(error)) from error


def _cookie(shown: str, lasts: str) -> str:
    """Return a cookie that no script reads, and that no other site's page sends along."""
    secure = "; Secure" if origin().https else ""
    return f"{COOKIE}={shown}; Path=/; HttpOnly; SameSite=Strict{secure}{lasts}"
