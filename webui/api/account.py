"""One's own account: password, second factor, sessions and API tokens."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from oppleo_flow.accounts.browsers import role_of
from oppleo_flow.accounts.proving import qr_code
from oppleo_flow.accounts.rights import RIGHTS, rights_named
from webui.api.account_models import (
    AccountAnswer,
    Code,
    DoneAnswer,
    NewPassword,
    NewToken,
    NewTokenAnswer,
    PasswordAnswer,
    Proof,
    RecoveryCodesAnswer,
    SecondFactorAnswer,
    SessionAnswer,
    SessionsAnswer,
    TokenAnswer,
    TokensAnswer,
)
from webui.api.sign_in import AccountRoutes, proved
from webui.asking import who
from webui.problem import problem
from webui.reading import read_body

if TYPE_CHECKING:
    from oppleo_flow.store.sign_in_rows import ApiToken, WebSession


class Account(AccountRoutes):
    """The routes of `/api/v1/account`."""

    def show(self) -> AccountAnswer:
        """Answer `GET /api/v1/account`: who asks."""
        return self._account(who())

    def set_password(self) -> PasswordAnswer:
        """Answer `PUT /api/v1/account/password`: all other sessions end, and tokens if wanted."""
        asked = read_body(NewPassword)
        self._prove(Proof(password=asked.password, code=asked.code))
        name = who().name
        accounts = self._site.accounts
        ended = accounts.set_password(
            name, asked.new_password, but=who().key, end_tokens=asked.end_tokens
        )
        self._deeds.note("user", f"{name!r} has another password")
        return {
            "count": ended.sessions,
            "tokens_ended": ended.tokens,
            "tokens_left": len(accounts.tokens(name)),
        }

    def propose_second_factor(self) -> SecondFactorAnswer:
        """Answer `POST /api/v1/account/two-factor`: a secret for an app."""
        self._prove(read_body(Proof))
        proposed = self._site.accounts.propose_second_factor(who().name)
        return {
            "secret": proposed.secret,
            "uri": proposed.uri,
            "qr_code": qr_code(proposed.uri),
        }

    def confirm_second_factor(self) -> RecoveryCodesAnswer:
        """Answer `POST /api/v1/account/two-factor/confirm`: it counts from now on."""
        asked = read_body(Code)
        name = self._me().name
        accounts = self._site.accounts
        codes = proved(lambda: accounts.confirm_second_factor(name, asked.code, but=who().key))
        self._deeds.note("user", f"{name!r} has a second factor")
        return {"recovery_codes": codes}

    def renew_recovery_codes(self) -> RecoveryCodesAnswer:
        """Answer `POST /api/v1/account/two-factor/recovery`: the ones before are void."""
        self._prove(read_body(Proof))
        codes = self._site.accounts.new_recovery_codes(who().name)
        self._deeds.note("user", f"{who().name!r} has new recovery codes")
        return {"recovery_codes": codes}

    def remove_second_factor(self) -> DoneAnswer:
        """Answer `POST /api/v1/account/two-factor/remove`: all other sessions end."""
        self._prove(read_body(Proof))
        ended = self._site.accounts.remove_second_factor(who().name, but=who().key)
        self._deeds.note("user", f"{who().name!r} has no second factor any more")
        return {"count": ended}

    def sessions(self) -> SessionsAnswer:
        """Answer `GET /api/v1/account/sessions`: where they are signed in."""
        found = self._site.accounts.sessions(self._me().name)
        return {"items": [_session(one) for one in found], "total": len(found)}

    def end_session(self, reference: str) -> DoneAnswer:
        """Answer `DELETE /api/v1/account/sessions/REFERENCE`."""
        name = self._me().name
        ended = self._site.accounts.end_session(name, reference)
        if not ended:
            raise problem(404, "no-such-session", "nobody is signed in there")
        self._deeds.note("sign-out", f"{name}, where {reference} is")
        return {"count": ended}

    def end_sessions(self) -> DoneAnswer:
        """Answer `DELETE /api/v1/account/sessions`: all but the one that asks end."""
        name = self._me().name
        ended = self._site.accounts.end_sessions(name, but=who().key)
        self._deeds.note("sign-out", f"{name}, everywhere else")
        return {"count": ended}

    def tokens(self) -> TokensAnswer:
        """Answer `GET /api/v1/account/tokens`."""
        found = self._site.accounts.tokens(self._me().name)
        return {"items": [_token(one) for one in found], "total": len(found)}

    def add_token(self) -> NewTokenAnswer:
        """Answer `POST /api/v1/account/tokens`: what a program is to ask with, once."""
        asked = read_body(NewToken)
        me = self._me()
        above = set(asked.rights) - RIGHTS[role_of(me)]
        if above:
            names = ", ".join(sorted(above))
            raise problem(422, "wrong-body", f"rights: above those of the account: {names}")
        expires_at = None if asked.expires_at is None else _future(asked.expires_at)
        shown, token = self._site.accounts.add_token(
            me.name, asked.name, frozenset(asked.rights), expires_at
        )
        self._deeds.note("user", f"{me.name!r} has the API token {asked.name!r}", token.rights)
        return {**_token(token), "token": shown}

    def remove_token(self, reference: str) -> DoneAnswer:
        """Answer `DELETE /api/v1/account/tokens/REFERENCE`."""
        name = self._me().name
        gone = self._site.accounts.remove_token(name, reference)
        if not gone:
            raise problem(404, "no-such-token", "there is no such API token")
        self._deeds.note("user", f"{name!r} has an API token less", reference)
        return {"count": gone}


def _future(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise problem(422, "wrong-body", "expires_at: a time with its zone is needed")
    return moment.astimezone(UTC)


def _session(one: "WebSession") -> SessionAnswer:
    return {
        "reference": one.reference,
        "created_at": one.created_at.isoformat(),
        "last_seen_at": one.seen_at.isoformat(),
        "expires_at": one.expires_at.isoformat(),
        "remembered": one.remembered,
        "agent": one.agent,
        "address": one.address,
        "current": one.id_hash == who().key,
    }


def _token(one: "ApiToken") -> TokenAnswer:
    return {
        "reference": one.reference,
        "name": one.name,
        "rights": sorted(rights_named(one.rights)),
        "created_at": one.created_at.isoformat(),
        "expires_at": None if one.expires_at is None else one.expires_at.isoformat(),
        "last_used_at": None if one.used_at is None else one.used_at.isoformat(),
    }
