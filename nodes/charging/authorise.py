"""Decide whether a card may charge, and for whom.

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

A card that was entered by the number by which Oppleo knows it is accepted by that number, once:
from then on its whole UID counts. Of a card with 7 or 10 bytes that number has only three.

The card of the session that is under way may always end it, whether it is still valid or not.

A card that is refused is kept in the ledger, an unknown one as disabled: swipe it once, then
enable it. Or arm the enrolment first, with `oppleo-flow tokens enrol --label guest`: the next card
that is unknown or disabled then becomes a known one by being swiped. It charges from its next swipe
on.

What is accepted carries what its session is for, which is not the card's business but that of its
driver, vehicle and cost centre, and how much the session may take and how long it may last.
"""

from zoneinfo import ZoneInfo

from pydantic import Field

from oppleo_flow import Example, Node, NodeConfig, Out, Ref, TimeZone
from oppleo_flow.charging.tokens import Token, allow, attribute
from oppleo_flow.payloads import Authorised, CardEnrolled, CardSeen, Rejected, RejectReason
from oppleo_flow.store import LedgerConnection


class AuthoriseConfig(NodeConfig):
    """Settings of an `authorise` node."""

    store: Ref[LedgerConnection] = Field(description="The site's store, which knows the cards.")
    timezone: TimeZone | None = Field(
        None, description="Zone of the days on which a card is valid; default: the site's."
    )


class Authorise(Node[AuthoriseConfig]):
    """Decide whether a card may charge, and for whom.

    Input:
        A `CardSeen`: at a reader, or a token that somebody presents on the page.

    Output:
        `accepted`: an `Authorised`; with `only_ends` where the card may do no more than end the
        session that it began.
        `rejected`: a `Rejected`, with the reason.
        `enrolled`: a `CardEnrolled`, instead of a refusal, when the enrolment is armed.

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
    enrolled: Out[CardEnrolled]
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
            self._accept(card, token)
        elif verdict != "accepted":
            self._refuse(card, verdict)

    def failed(self, payload: CardSeen, error: Exception) -> Rejected:
        """Return the refusal of a card that the ledger could not be asked about."""
        return Rejected(payload.uid, "no-answer")

    def _accept(self, card: CardSeen, token: Token) -> None:
        if token.uid is None and card.trigger == "card":
            self._ledger.tokens.keep_uid(token.token_id, card.uid)
        vehicles = self._ledger.accounts.vehicles() if token.vehicle else ()
        self.accepted.send(
            Authorised(
                token.token_id,
                card.uid,
                token.label,
                attribution=attribute(token, vehicles),
                limits=token.limits,
                wish=card.wish,
                trigger=card.trigger,
            )
        )
        self.status("ok", f"{token.label!r} accepted")

    def _refuse(self, card: CardSeen, reason: RejectReason) -> None:
        """Refuse a card, unless it is the one of the session that is under way, or is enrolled."""
        under_way = self._ledger.sessions.all_open()
        session = next((one for one in under_way if one.uid == card.uid), None)
        if session is not None:
            ends = Authorised(
                *(session.token_id, card.uid, session.label, reason),
                wish=card.wish,
                trigger=card.trigger,
            )
            self.accepted.send(ends)
            self.status("ok", f"{session.label!r} may end its session")
        elif not (reason in ("unknown", "disabled") and self._enrol(card)):
            self._ledger.tokens.note_refused(card.uid, card.legacy_id, self.clock.now())
            self.rejected.send(Rejected(card.uid, reason))
            self.status("ok", f"refused: {reason}")

    def _enrol(self, card: CardSeen) -> bool:
        """Make a card a known one if that is armed; return whether it is."""
        if card.trigger != "card":
            return False  # nobody holds a card to the page
        token = self._ledger.enrolments.enrol(card.uid, card.legacy_id, self.clock.now())
        if token is None:
            return False
        self.enrolled.send(CardEnrolled(card.uid, token.label))
        self.status("ok", f"{token.label!r} enrolled")
        return True
