"""What is asked and answered about accounts: signing in, one's own account, and users.

All below `/api/v1`; a problem's `code` is in brackets.

    POST   /sign-in                       SignIn       AccountAnswer        a cookie comes along
           401 [not-you], 401 [code-needed], 429 [too-many-tries], 403 [not-from-there],
           403 [unknown-role]
    POST   /sign-in/again                 Proof        SureAnswer           401 as above
    POST   /sign-out                      Nothing      DoneAnswer
    GET    /account                                    AccountAnswer
    PUT    /account/password              NewPassword  PasswordAnswer       422 [not-possible]
    POST   /account/two-factor            Proof        SecondFactorAnswer   409 [refused]: it is on
    POST   /account/two-factor/confirm    Code         RecoveryCodesAnswer  401 [not-you]
    POST   /account/two-factor/recovery   Proof        RecoveryCodesAnswer  the ones before are void
    POST   /account/two-factor/remove     Proof        DoneAnswer
    GET    /account/sessions                           SessionsAnswer
    DELETE /account/sessions                           DoneAnswer           all but this one
    DELETE /account/sessions/REFERENCE                 DoneAnswer
    GET    /account/tokens                             TokensAnswer
    POST   /account/tokens                NewToken     NewTokenAnswer       sure
    DELETE /account/tokens/REFERENCE                   DoneAnswer
    GET    /users                                      UsersAnswer
    POST   /users                         NewUser      UserAnswer           sure
    PATCH  /users/NAME                    UserTerms    UserAnswer           sure
    POST   /users/NAME/two-factor/remove  Nothing      UserAnswer           sure
    DELETE /users/NAME/sessions                        DoneAnswer           sure
    DELETE /users/NAME                                 DoneAnswer           sure
    GET    /first-run                                  FirstRunAnswer
    POST   /first-run                     FirstAccount AccountAnswer        401 [not-you]

Any of them: 401 [sign-in], 403 [not-allowed], 403 [no-csrf-token], and where `sure` stands
403 [prove-yourself] unless the password was given within five minutes.
"""

from typing import Literal

from pydantic import Field
from typing_extensions import TypedDict

from oppleo_flow.accounts.rights import Right, Role
from webui.reading import MomentAsked, Nothing

_NAME_LENGTH = 100
_PASSWORD_LENGTH = 1024
_CODE_LENGTH = 40


class SignIn(Nothing):
    """What proves who somebody is.

    The answer 401 `code-needed` asks for the same once more with a code.
    """

    name: str = Field(max_length=_NAME_LENGTH)
    password: str = Field(max_length=_PASSWORD_LENGTH)
    code: str | None = Field(
        None, max_length=_CODE_LENGTH, description="Six digits of the app, or a recovery code."
    )
    remember: bool = Field(False, description="Stay signed in on this device for weeks.")


class Proof(Nothing):
    """The password once more, and a code where the account has a second factor."""

    password: str = Field(max_length=_PASSWORD_LENGTH)
    code: str | None = Field(None, max_length=_CODE_LENGTH)


class FirstAccount(Nothing):
    """The first account of a site, and the token that stands on its console."""

    token: str = Field(max_length=_CODE_LENGTH)
    name: str = Field(min_length=1, max_length=_NAME_LENGTH)
    password: str = Field(max_length=_PASSWORD_LENGTH)


class NewPassword(Nothing):
    """The password that was, and the one that is to be; all other sessions end.

    A program that asks with a token knows no password, so it may go on; not so if somebody else
    knew the password, who may have made a token.
    """

    password: str = Field(max_length=_PASSWORD_LENGTH)
    code: str | None = Field(None, max_length=_CODE_LENGTH)
    new_password: str = Field(max_length=_PASSWORD_LENGTH)
    end_tokens: bool = Field(False, description="Let no API token of the account hold any more.")


class Code(Nothing):
    """A code of the app, which proves that it has the secret."""

    code: str = Field(max_length=_CODE_LENGTH)


class NewToken(Nothing):
    """An API token that is to be made.

    It may never do more than its owner may, whatever its rights say.
    """

    name: str = Field(min_length=1, max_length=_NAME_LENGTH, description="What it is for.")
    rights: list[Right] = Field(min_length=1, max_length=len(Right), strict=False)
    expires_at: MomentAsked | None = Field(None, description="None: never.")


class NewUser(Nothing):
    """Somebody who is to sign in."""

    name: str = Field(min_length=1, max_length=_NAME_LENGTH)
    password: str = Field(max_length=_PASSWORD_LENGTH)
    role: Role = Field(strict=False)
    driver: str | None = Field(
        None, max_length=_NAME_LENGTH, description="Whose sessions they see."
    )


class UserTerms(Nothing):
    """What is to change of a user; what is left out stays, and all their sessions end.

    With another password all their API tokens end too, and with another role those that were made
    for more than it may.
    """

    role: Role | None = Field(None, strict=False)
    driver: str | None = Field(None, max_length=_NAME_LENGTH)
    password: str | None = Field(None, max_length=_PASSWORD_LENGTH)


class AccountAnswer(TypedDict):
    """Who asks, and what of the site they must know to ask more.

    `demo`: simulated and open; `first_run`: no account exists, so the first is to be made;
    `timezone`: that of the site, whose clock all times on the page are by;
    `csrf_token` goes into the header `X-CSRF-Token` of every request that changes something.
    """

    signed_in: bool
    demo: bool
    first_run: bool
    public_view: bool
    language: str
    timezone: str
    name: str
    role: Role | None
    driver: str | None
    rights: list[Right]
    csrf_token: str | None
    sure_until: str | None
    second_factor: bool
    second_factor_due: bool
    recovery_codes_left: int


class SureAnswer(TypedDict):
    """Until when what needs the password again may be done."""

    sure_until: str


class FirstRunAnswer(TypedDict):
    """Whether the first account is to be made, and whether the token on the console still holds."""

    needed: bool
    token_holds: bool


class SecondFactorAnswer(TypedDict):
    """A secret that an app is to take in; it is shown this once, and counts when a code proved it.

    `qr_code` is an SVG of `uri`.
    """

    secret: str
    uri: str
    qr_code: str


class RecoveryCodesAnswer(TypedDict):
    """Codes that stand in for the app, each once; they are shown this once."""

    recovery_codes: list[str]


class SessionAnswer(TypedDict):
    """Somewhere somebody is signed in; `current` is the one that asks."""

    reference: str
    created_at: str
    last_seen_at: str
    expires_at: str
    remembered: bool
    agent: str
    address: str
    current: bool


class SessionsAnswer(TypedDict):
    """Where somebody is signed in, the last one first."""

    items: list[SessionAnswer]
    total: int


class TokenAnswer(TypedDict):
    """An API token, without what it is."""

    reference: str
    name: str
    rights: list[Right]
    created_at: str
    expires_at: str | None
    last_used_at: str | None


class TokensAnswer(TypedDict):
    """The API tokens of an account, the last one first."""

    items: list[TokenAnswer]
    total: int


class NewTokenAnswer(TokenAnswer):
    """A new API token; `token` goes into `Authorization: Bearer …`, and is shown this once."""

    token: str


class UserAnswer(TypedDict):
    """Somebody who may sign in; with a `role` of another version, null, only once they have one."""

    name: str
    role: Role | None
    driver: str | None
    password: Literal["set", "none", "old"]
    second_factor: Literal["on", "off", "due"]
    created_at: str | None
    last_seen_at: str | None
    sessions: int
    tokens: int


class UsersAnswer(TypedDict):
    """Everybody who may sign in, by name."""

    items: list[UserAnswer]
    total: int


class PasswordAnswer(TypedDict):
    """Another password holds: how many sessions and API tokens ended, and how many still hold."""

    count: int
    tokens_ended: int
    tokens_left: int


class DoneAnswer(TypedDict):
    """It is done; `count` of them."""

    count: int
