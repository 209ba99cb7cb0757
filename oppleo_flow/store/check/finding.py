"""What a check of a database finds."""

from typing import Literal

from oppleo_flow.immutable import immutable


@immutable
class DatabaseFinding:
    """Something that is not as it should be; `code` is for programs."""

    level: Literal["error", "note"]
    code: str
    place: str
    text: str

    def __str__(self) -> str:
        """Return it as a line."""
        return f"{self.place}: {self.level}: {self.text}"
