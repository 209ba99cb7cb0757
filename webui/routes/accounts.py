"""The addresses of accounts: signing in, one's own account, users, and the first run."""

from collections.abc import Iterable

from oppleo_flow.accounts.rights import Right
from webui.api import account_models as told
from webui.api.account import Account
from webui.api.audit import Deeds
from webui.api.sign_in import SigningIn
from webui.api.users import Users
from webui.parts import Parts
from webui.reading import Nothing
from webui.route import Route

ANYONE, SIGNED_IN, ADMINISTER = Right.ANYONE, Right.SIGNED_IN, Right.ADMINISTER

# A table reads best in rows.
# fmt: off


def account_routes(parts: Parts, api: str) -> tuple[Route, ...]:
    """Return the rows, below the address of the API."""
    return (*_signing(parts, api), *_own(parts, f"{api}/account"), *_users(parts, f"{api}/users"))


def _signing(parts: Parts, api: str) -> Iterable[Route]:
    """Return what proves who somebody is."""
    signing = SigningIn(parts.access, parts.site, Deeds(parts.audit))
    return (
        Route("POST", f"{api}/sign-in", signing.sign_in, ANYONE, "Sign in",
              body=told.SignIn, answer=told.AccountAnswer),
        Route("POST", f"{api}/sign-in/again", signing.sure, SIGNED_IN, "Give the password again",
              body=told.Proof, answer=told.SureAnswer),
        Route("POST", f"{api}/sign-out", signing.sign_out, SIGNED_IN, "Sign out",
              body=Nothing, answer=told.DoneAnswer),
        Route("GET", f"{api}/first-run", signing.first_run, ANYONE,
              "Whether the first account is to be made", answer=told.FirstRunAnswer),
        Route("POST", f"{api}/first-run", signing.make_first, ANYONE, "Make the first account",
              body=told.FirstAccount, answer=told.AccountAnswer, status=201),
    )


def _own(parts: Parts, address: str) -> Iterable[Route]:
    """Return what everybody may do with their own account."""
    account = Account(parts.access, parts.site, Deeds(parts.audit))
    factor = f"{address}/two-factor"
    return (
        Route("GET", address, account.show, ANYONE, "Who asks, and what they may",
              answer=told.AccountAnswer),
        Route("PUT", f"{address}/password", account.set_password, SIGNED_IN,
              "Choose another password", body=told.NewPassword, answer=told.PasswordAnswer),
        Route("POST", factor, account.propose_second_factor, SIGNED_IN,
              "Begin with a second factor", body=told.Proof, answer=told.SecondFactorAnswer),
        Route("POST", f"{factor}/confirm", account.confirm_second_factor, SIGNED_IN,
              "Prove that the app has it", body=told.Code, answer=told.RecoveryCodesAnswer),
        Route("POST", f"{factor}/recovery", account.renew_recovery_codes, SIGNED_IN,
              "Get new recovery codes", body=told.Proof, answer=told.RecoveryCodesAnswer),
        Route("POST", f"{factor}/remove", account.remove_second_factor, SIGNED_IN,
              "Do without a second factor", body=told.Proof, answer=told.DoneAnswer),
        Route("GET", f"{address}/sessions", account.sessions, SIGNED_IN,
              "Where one is signed in", answer=told.SessionsAnswer),
        Route("DELETE", f"{address}/sessions", account.end_sessions, SIGNED_IN,
              "Sign out everywhere else", answer=told.DoneAnswer),
        Route("DELETE", f"{address}/sessions/<reference>", account.end_session, SIGNED_IN,
              "Sign out somewhere", answer=told.DoneAnswer),
        Route("GET", f"{address}/tokens", account.tokens, SIGNED_IN, "One's API tokens",
              answer=told.TokensAnswer),
        Route("POST", f"{address}/tokens", account.add_token, SIGNED_IN, "Make an API token",
              body=told.NewToken, answer=told.NewTokenAnswer, sure=True, status=201),
        Route("DELETE", f"{address}/tokens/<reference>", account.remove_token, SIGNED_IN,
              "Let a program ask no more", answer=told.DoneAnswer),
    )


def _users(parts: Parts, address: str) -> Iterable[Route]:
    """Return the accounts of all."""
    users = Users(parts.access, parts.site, Deeds(parts.audit))
    one = f"{address}/<name>"
    return (
        Route("GET", address, users.show, ADMINISTER, "Who may sign in", answer=told.UsersAnswer),
        Route("POST", address, users.add, ADMINISTER, "Let somebody sign in",
              body=told.NewUser, answer=told.UserAnswer, sure=True, status=201),
        Route("PATCH", one, users.change, ADMINISTER, "Give somebody another role or password",
              body=told.UserTerms, answer=told.UserAnswer, sure=True),
        Route("POST", f"{one}/two-factor/remove", users.remove_second_factor, ADMINISTER,
              "Let somebody do without a second factor",
              body=Nothing, answer=told.UserAnswer, sure=True),
        Route("DELETE", f"{one}/sessions", users.end_sessions, ADMINISTER,
              "Sign somebody out everywhere", answer=told.DoneAnswer, sure=True),
        Route("DELETE", one, users.remove, ADMINISTER, "Let somebody sign in no more",
              answer=told.DoneAnswer, sure=True),
    )
