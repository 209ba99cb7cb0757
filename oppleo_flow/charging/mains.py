"""Who may draw from a mains fuse that several charge points share."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Shares:
    """How the current of one fuse is shared, per phase, in ampere: first come, first served.

    Who asks and gets nothing waits in a row.  Who gave way waits too, but nobody gives way for it
    in turn: so two cars that are both full do not hand the current to and fro.
    """

    limit_a: float
    held_a: dict[str, float] = field(default_factory=dict)
    waiting: dict[str, float] = field(default_factory=dict)
    """Who waits, in order, and for how much."""
    gave_way: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)
    """Who draws, and was not asked to: nobody can stop it."""

    @property
    def free_a(self) -> float:
        """Return what nobody holds."""
        return self.limit_a - sum(self.held_a.values())

    @property
    def somebody_waits(self) -> bool:
        """Return whether anybody waits for whom others should give way."""
        return bool(self.waiting.keys() - self.gave_way)

    def ask(self, who: str, current_a: float) -> bool:
        """Return whether a charge point has its share; if not it waits for it from now on.

        Who waits longer goes first, also when less would do for who comes later; who gave way goes
        behind who did not.
        """
        if who in self.held_a:
            return who not in self.taken or self.free_a >= 0
        self.waiting.setdefault(who, current_a)
        first = min(self.waiting, key=lambda one: one in self.gave_way)
        if first != who or current_a > self.free_a:
            return False
        del self.waiting[who]
        self.gave_way.discard(who)
        self.held_a[who] = current_a
        return True

    def release(self, who: str) -> None:
        """Take back a share, or the wish for one."""
        self.held_a.pop(who, None)
        self.waiting.pop(who, None)
        self.gave_way.discard(who)
        self.taken.discard(who)

    def take(self, who: str, current_a: float) -> None:
        """Note that a charge point draws without a share: who came last waits until there is room.

        What two of them draw may be more than there is; then nobody else has anything.
        """
        self.release(who)
        self.taken.add(who)
        self.held_a[who] = current_a
        while self.free_a < 0 and self.held_a.keys() != self.taken:
            self.end_turn([one for one in self.held_a if one not in self.taken][-1])

    def end_turn(self, who: str) -> None:
        """Hand a share on, and wait for it again behind who waits already."""
        self.waiting[who] = self.held_a.pop(who)
        self.taken.discard(who)

    def give_way(self, who: str) -> None:
        """Hand a share on that is not used, and wait for it again behind all others."""
        self.end_turn(who)
        self.gave_way.add(who)


class MainsFuse(ABC):
    """A connection that several charge points get their current from."""

    @property
    @abstractmethod
    def shares(self) -> Shares:
        """Return who holds how much; used by one thread, the dispatcher."""

    @abstractmethod
    def announce(self, who: str, call: Callable[[], object]) -> None:
        """Have `call` called whenever something has changed."""

    @abstractmethod
    def leave(self, who: str) -> None:
        """Forget a charge point, and let the others have what it held."""

    @abstractmethod
    def changed(self) -> None:
        """Tell everybody that something has changed."""
