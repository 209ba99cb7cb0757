"""Decide whether a card may charge.

```yaml
authorise:
  type: authorise
  from: rfid.card
  store: store            # a connection of type site-store
```

A card may charge when the ledger knows it, it is enabled, and today lies between its first and its
last valid day, both included, in the site's time zone. Everything else is refused, and also when
the ledger cannot be read: then the node fails, and `on_error` says what follows. With
`on_error: {then: rejected}` the card is refused for the reason `no-answer`, so that somebody hears
it.

The card of the session that is under way may always end it, whether it is still valid or not.

A card that is refused is kept in the ledger, an unknown one as disabled: swipe it once, then
enable it.
"""

from zoneinfo import ZoneInfo

from pydantic import Field

from oppleo_flow import Example, Node, NodeConfig, Out, Ref, TimeZone
from oppleo_flow.charging.tokens import allow
from oppleo_flow.payloads import Authorised, CardSeen, Rejected, RejectReason
from oppleo_flow.store import LedgerConnection


class AuthoriseConfig(NodeConfig):
    """Settings of an `authorise` node."""

    store: Ref[LedgerConnection] = Field(description="The site's store, which knows the cards.")
    timezone: TimeZone | None = Field(
        None, description="Zone of the days on which a card is valid; default: the site's."
    )


class Authorise(Node[AuthoriseConfig]):
    """Decide whether a card may charge.

    Input:
        A `CardSeen`.

    Output:
        `accepted`: an `Authorised`; with `only_ends` where the card may do no more than end the
        session that it began.
        `rejected`: a `Rejected`, with the reason.

    Raises:
        StoreError: The ledger cannot be read or written; no card is accepted.

    Source:
        None.
    """

    type_name = "authorise"
    icon = "id-card"
    blocking = True
    accepted: Out[Authorised]
    rejected: Out[Rejected]
    examples = [
        Example(
            config={"store": "store"},
            send=CardSeen("DEADBEEF", "956397711138"),
            expect={"accepted": [], "rejected": Rejected("DEADBEEF", "unknown")},
            doc="A card that the ledger does not know.",
        )
    ]

    def start(self) -> None:
        """Take the ledger."""
        self._ledger = self.use(self.config.store).ledger
        self._zone = ZoneInfo(self.config.timezone or self.site.timezone)

    def on_message(self, card: CardSeen) -> None:
        """Decide about one card."""
        token = self._ledger.tokens.of_card(card.uid, card.legacy_id)
        verdict = allow(token, self.clock.now(), self._zone)
        if token is not None and verdict == "accepted":
            self.accepted.send(Authorised(token.token_id, card.uid, token.label))
            self.status("ok", f"{token.label!r} accepted")
        elif verdict != "accepted":
            self._refuse(card, verdict)

    def failed(self, payload: CardSeen, error: Exception) -> Rejected:
        """Return the refusal of a card that the ledger could not be asked about."""
        return Rejected(payload.uid, "no-answer")

    def _refuse(self, card: CardSeen, reason: RejectReason) -> None:
        """Refuse a card, unless it is the one of the session that is under way."""
        session = self._ledger.sessions.open()
        if session is not None and session.uid == card.uid:
            self.accepted.send(
                Authorised(session.token_id, card.uid, session.label, only_ends=reason)
            )
            self.status("ok", f"{session.label!r} may end its session")
            return
        self._ledger.tokens.note_refused(card.uid, card.legacy_id, self.clock.now())
        self.rejected.send(Rejected(card.uid, reason))
        self.status("ok", f"refused: {reason}")
