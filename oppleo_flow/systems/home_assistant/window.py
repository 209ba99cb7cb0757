"""What one charge point shows in Home Assistant, and what of it was told already."""

import json
from collections.abc import Mapping

from oppleo_flow.systems.home_assistant.entities import UNKNOWN, Entity, Place
from oppleo_flow.systems.mqtt_post import Letter, Post

_ONLINE, _OFFLINE = "online", "offline"
_PHASES = ("_l1", "_l2", "_l3")


class Window:
    """The entities of a charge point; what it says goes into a node's post.

    What an entity shows counts for `expire_after_s`.
    """

    def __init__(self, place: Place, post: Post, expire_after_s: int) -> None:
        self._place = place
        self._post = post
        self._expire_after_s = expire_after_s
        self._entities: tuple[Entity, ...] = ()
        self._values: dict[str, str] = {}
        self._told: dict[str, str] = {}
        self._kept: set[str] = set()

    @property
    def count(self) -> int:
        """Return how many entities there are."""
        return len(self._entities)

    def has(self, entities: tuple[Entity, ...], *, again: bool = False) -> None:
        """Tell of entities that are new, or of all, and take back those that are gone."""
        if entities == self._entities and not again:
            return
        self._entities = entities
        wanted = {
            self._place.config(one): json.dumps(
                self._place.discovered(one, self._expire_after_s), ensure_ascii=False
            )
            for one in entities
        }
        for topic, text in wanted.items():
            if again or self._told.get(topic) != text:
                self._keep(topic, text)
        for topic in self._told.keys() - wanted.keys():
            self._keep(topic, "")
        self._told = wanted
        if again:
            self._keep(self._place.available, _ONLINE)

    def shows(self, values: Mapping[str, str], *, again: bool = False) -> None:
        """Tell what has changed of what entities show, or all of it."""
        changed = {name: text for name, text in values.items() if self._values.get(name) != text}
        self._values |= changed
        shown = {one.id: one for one in self._entities if one.shows}
        for name, text in (self._values if again else changed).items():
            if name in shown:
                self._say(shown[name], text)

    def _say(self, entity: Entity, text: str) -> None:
        topic, known = self._place.state(entity.id), self._place.known(entity.id)
        if entity.worded and text == UNKNOWN:
            self._post.forget(topic)  # of what was known nobody hears any more
        else:
            self._post.level(topic, Letter(topic, text))
        if entity.worded:
            said = _OFFLINE if text == UNKNOWN else _ONLINE
            self._post.level(known, Letter(known, said))

    def found(self, topic: str) -> None:
        """Note that the broker has kept a discovery message of this charge point."""
        self._kept.add(topic)

    def tidy(self, *, phases_known: bool) -> None:
        """Take back what an earlier flow had and this one has not, as far as that is known."""
        for topic in sorted(self._kept - self._told.keys()):
            if phases_known or not topic.split("/")[-2].endswith(_PHASES):
                self._keep(topic, "")
        self._kept.clear()

    def _keep(self, topic: str, text: str) -> None:
        self._post.level(topic, Letter(topic, text, retain=True))
