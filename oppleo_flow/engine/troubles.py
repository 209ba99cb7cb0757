"""What is wrong with the runtime itself, until it is not."""

import logging

LOG = logging.getLogger(__name__)


class Troubles:
    """The troubles of one runtime, for everybody who looks.  Legal from any thread."""

    def __init__(self) -> None:
        self._told: dict[str, str] = {}
        self._unsaved: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Return every trouble."""
        return (*self._told.values(), *self._unsaved)

    def tell(self, trouble: str | None, about: str) -> None:
        """Note a trouble about something, in the place of the one before; None when it is over."""
        told = {what: text for what, text in self._told.items() if what != about}
        self._told = told if trouble is None else {**told, about: trouble}

    def state(self, error: Exception | None) -> None:
        """Note that the state cannot be saved, or can again.  On the writer's thread."""
        if error is None:
            LOG.warning("the state is being saved again")
            self._unsaved = ()
        elif not self._unsaved:
            self._unsaved = (f"{error}; make room, or see to the disk: it is tried again",)
            LOG.error("%s", self._unsaved[0])
