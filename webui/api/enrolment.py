"""Enrolling a card by swiping it now."""

from datetime import timedelta

from oppleo_flow.charging.tokens import Enrolment
from webui.api.audit import Deeds
from webui.api.books import Books
from webui.api.token_models import Arm, EnrolmentAnswer
from webui.api.tokens import Tokens
from webui.ports import SiteFacts
from webui.reading import Nothing, read_body


class Enrolling(Books):
    """The routes of `/api/v1/enrolment`."""

    def __init__(self, site: SiteFacts, deeds: Deeds) -> None:
        super().__init__(site)
        self._deeds = deeds
        self._tokens = Tokens(site, deeds)

    def show(self) -> EnrolmentAnswer:
        """Answer `GET /api/v1/enrolment`: what the next unknown card becomes, or has become."""
        last = self.ledger.enrolments.last()
        if last is None:
            return {"armed": False}
        answer: EnrolmentAnswer = {
            "armed": last.token_id is None and last.expires_at > self.now(),
            "label": last.label,
            "armed_at": last.armed_at.isoformat(),
            "expires_at": last.expires_at.isoformat(),
        }
        token = None if last.token_id is None else self.ledger.tokens.get(last.token_id)
        if token is not None:
            answer["token"] = self._tokens.answer(token)
        return answer

    def arm(self) -> EnrolmentAnswer:
        """Answer `PUT /api/v1/enrolment`."""
        asked = read_body(Arm)
        now = self.now()
        until = now + timedelta(seconds=asked.seconds)
        self.ledger.enrolments.arm(Enrolment(asked.label, now, until))
        self._deeds.note("token", f"the next unknown card becomes {asked.label!r}")
        return self.show()

    def disarm(self) -> EnrolmentAnswer:
        """Answer `POST /api/v1/enrolment/stop`."""
        read_body(Nothing)
        self.ledger.enrolments.disarm()
        return self.show()
