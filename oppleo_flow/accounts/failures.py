"""Why somebody may not sign in."""

from oppleo_flow.errors import Refused


class NotYou(Refused):
    """Name, password and code do not belong together; which of them is wrong is not said."""

    def __init__(self) -> None:
        super().__init__("name, password or code is wrong")


class CodeNeeded(Refused):
    """The password is right, and the account has a second factor."""

    def __init__(self) -> None:
        super().__init__("the code of the app is needed too, or a recovery code")


class UnknownRole(Refused):
    """The account has a role of another version, so nobody can say here what it may do."""

    def __init__(self, name: str, role: str) -> None:
        super().__init__(
            f"user {name!r}: has the role {role!r}, which this version does not know; give it "
            f"another with `oppleo-flow users role NAME ROLE`, or update oppleo-flow"
        )


class NotFromThere(Refused):
    """The account has no second factor, and the request comes from elsewhere."""

    def __init__(self) -> None:
        super().__init__(
            "from outside the local networks an account needs a second factor; "
            "set it up from inside first"
        )
