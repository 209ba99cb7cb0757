"""The users of a site, for who administers it."""

from collections import Counter
from typing import TYPE_CHECKING, Literal

from oppleo_flow.accounts.browsers import role_of
from oppleo_flow.accounts.rights import Role, role_named
from oppleo_flow.passwords import needs_rehash
from webui.api.account_models import (
    DoneAnswer,
    NewUser,
    UserAnswer,
    UsersAnswer,
    UserTerms,
)
from webui.api.sign_in import AccountRoutes
from webui.problem import problem
from webui.reading import Nothing, read_body

if TYPE_CHECKING:
    from oppleo_flow.store.user_rows import User


class Users(AccountRoutes):
    """The routes of `/api/v1/users`."""

    def show(self) -> UsersAnswer:
        """Answer `GET /api/v1/users`: everybody, by name."""
        accounts = self._site.accounts
        sessions = accounts.sessions()
        seen = {one.user_name: one.seen_at.isoformat() for one in reversed(sessions)}
        signed_in = Counter(one.user_name for one in sessions)
        tokens = Counter(one.user_name for one in accounts.tokens())
        items = [
            _answer(user, seen.get(user.name), signed_in[user.name], tokens[user.name])
            for user in accounts.users()
        ]
        return {"items": items, "total": len(items)}

    def add(self) -> UserAnswer:
        """Answer `POST /api/v1/users`."""
        asked = read_body(NewUser)
        self._check_driver(asked.driver)
        if asked.role is not Role.ADMIN and not self._site.accounts.exist:
            # A demo is open to everybody, until somebody can sign in.
            raise problem(
                409, "first-is-admin", "the first who may sign in is to have the role admin"
            )
        self._site.accounts.add(asked.name, asked.password, asked.role, asked.driver)
        self._deeds.note("user", f"{asked.name!r} may sign in", f"as {asked.role.value}")
        return self._one(asked.name)

    def change(self, name: str) -> UserAnswer:
        """Answer `PATCH /api/v1/users/NAME`: they are to sign in anew."""
        asked = read_body(UserTerms)
        user, said = self._user(name), asked.model_fields_set
        if {"role", "driver"} & said:
            role = asked.role if asked.role is not None else role_of(user)
            driver = asked.driver if "driver" in said else user.driver
            self._check_driver(driver)
            self._site.accounts.set_terms(name, role, driver)
            self._deeds.note("user", f"{name!r} is {role.value}", driver or "")
        if asked.password is not None:
            self._site.accounts.set_password(name, asked.password, end_tokens=True)
            self._deeds.note("user", f"{name!r} has another password")
        return self._one(name)

    def remove_second_factor(self, name: str) -> UserAnswer:
        """Answer `POST /api/v1/users/NAME/two-factor/remove`: of who has lost their app."""
        read_body(Nothing)
        self._user(name)
        self._site.accounts.remove_second_factor(name)
        self._deeds.note("user", f"{name!r} has no second factor any more")
        return self._one(name)

    def end_sessions(self, name: str) -> DoneAnswer:
        """Answer `DELETE /api/v1/users/NAME/sessions`."""
        self._user(name)
        ended = self._site.accounts.end_sessions(name)
        self._deeds.note("sign-out", f"{name}, everywhere")
        return {"count": ended}

    def remove(self, name: str) -> DoneAnswer:
        """Answer `DELETE /api/v1/users/NAME`: they may sign in no more."""
        self._user(name)
        self._site.accounts.remove(name)
        self._deeds.note("user", f"{name!r} may sign in no more")
        return {"count": 1}

    def _one(self, name: str) -> UserAnswer:
        found = self.show()["items"]
        return next(one for one in found if one["name"] == name)

    def _user(self, name: str) -> "User":
        try:
            return self._site.accounts.user(name)
        except LookupError:
            raise problem(404, "no-such-user", f"nobody is called {name[:40]!r}") from None

    def _check_driver(self, driver: str | None) -> None:
        if driver is not None and driver not in self._site.accounts.drivers():
            raise problem(422, "wrong-body", f"driver: nobody is called {driver!r}; add them first")


def _answer(user: "User", seen: str | None, sessions: int, tokens: int) -> UserAnswer:
    factor: Literal["on", "off", "due"] = "due" if user.second_factor_due else "off"
    kept = user.password
    return {
        "name": user.name,
        "role": role_named(user.role),
        "driver": user.driver,
        "password": "none" if kept is None else "old" if needs_rehash(kept) else "set",
        "second_factor": "on" if user.totp_secret is not None else factor,
        "created_at": None if user.created_at is None else user.created_at.isoformat(),
        "last_seen_at": seen,
        "sessions": sessions,
        "tokens": tokens,
    }
