"""Who is told what, and when: the rules alone, with a clock that the test moves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oppleo_flow.charging.notices import Notices
from oppleo_flow.charging.telling import MOST, Desk, Manners, Now, Teller
from oppleo_flow.clock import Instant
from oppleo_flow.payloads import Notification
from oppleo_flow.wording import wording

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
NOTICES = Notices(wording("en"), ZoneInfo("UTC"), "garage")


class Person:
    """Somebody with a telephone."""

    def __init__(self, manners: Manners = Manners()) -> None:  # noqa: B008  (it does not change)
        self.told: list[Notification] = []
        self.at_s = 0.0
        self.quiet_until_s: float | None = None
        self.teller = Teller(manners, NOTICES, Desk(), self.told.append)

    @property
    def now(self) -> Now:
        wall = NOON + timedelta(seconds=self.at_s)
        quiet = self.quiet_until_s
        until = None if quiet is None else NOON + timedelta(seconds=quiet)
        return Now(Instant("boot", self.at_s, wall), until)

    def take(self, *notes: Notification) -> None:
        for note in notes:
            self.teller.take(note, self.now)

    def wait(self, seconds: float) -> None:
        """Let time go by, looking whenever the rules ask for it."""
        end_s = self.at_s + seconds
        while (left_s := self.teller.next_look_s(self.now)) is not None and (
            self.at_s + left_s <= end_s
        ):
            self.at_s += left_s
            if self.quiet_until_s is not None and self.at_s >= self.quiet_until_s:
                self.quiet_until_s = None
            self.teller.look(self.now)
        self.at_s = end_s

    @property
    def titles(self) -> list[str]:
        return [note.title for note in self.told]


def fault(text: str = "no answer", priority: int = 1) -> Notification:
    return Notification("Fault: meter", text, priority, "fault", "meter.silent", "raised")


OVER = Notification("", "", 0, "fault", "meter.silent", "cleared")
CARD = Notification("Card refused", "DEADBEEF", event="card-rejected", key="card:DEADBEEF")


def note(number: int, priority: int = 0) -> Notification:
    return Notification(f"Note {number}", "text", priority)


def test_what_is_raised_is_told_once_and_its_end_with_how_long_it_lasted() -> None:
    person = Person()
    person.take(fault())
    person.wait(65 * MINUTE)
    person.take(fault(), fault(), OVER)

    assert [(one.title, one.text) for one in person.told] == [
        ("Fault: meter", "no answer"),
        ("Over: Fault: meter", "It lasted 1 h 05 min. It was: no answer"),
    ]


def test_the_end_of_what_nobody_was_told_of_is_not_told() -> None:
    person = Person()
    person.take(OVER)

    assert person.told == []


def test_what_lasts_is_told_again_with_how_often_more_and_wakes_nobody() -> None:
    person = Person(Manners(again_s=DAY))
    person.take(fault())
    person.wait(HOUR)
    person.take(fault(), fault("still no answer"))
    person.wait(DAY)

    (_, still) = person.told
    assert (still.title, still.text, still.priority) == (
        "Still: Fault: meter",
        "For 24 h 00 min now. still no answer 2 times more since 15 January 2026, 12:00.",
        0,
    )


def test_what_lasts_is_not_told_again_where_nobody_wants_that() -> None:
    person = Person(Manners(again_s=None))
    person.take(fault())
    person.wait(100 * DAY)

    assert len(person.told) == 1


def test_what_happens_again_soon_is_counted_and_told_later() -> None:
    person = Person(Manners(same_s=600))
    person.take(CARD, CARD, CARD)
    person.wait(11 * MINUTE)
    person.take(CARD)

    assert [one.text for one in person.told] == [
        "DEADBEEF",
        "DEADBEEF 2 times more since 15 January 2026, 12:00.",
    ]


def test_the_same_key_with_other_words_is_something_else() -> None:
    person = Person()
    person.take(CARD, CARD.with_(text="DEADBEEF: expired"))

    assert len(person.told) == 2


@pytest.mark.parametrize("priority", [1, 2])
def test_what_is_urgent_goes_through_at_quiet_hours(priority: int) -> None:
    person = Person()
    person.quiet_until_s = HOUR
    person.take(fault(priority=priority))

    assert person.titles == ["Fault: meter"]


def test_what_came_at_quiet_hours_is_one_message_at_their_end() -> None:
    person = Person()
    person.quiet_until_s = 8 * HOUR
    person.take(note(1))
    person.wait(90 * MINUTE)
    person.take(note(2))
    assert person.told == []
    person.wait(8 * HOUR)

    assert person.told == [Notification("2 messages", "12:00 Note 1: text\n13:30 Note 2: text")]


def test_one_message_from_quiet_hours_is_told_as_it_is() -> None:
    person = Person()
    person.quiet_until_s = HOUR
    person.take(note(1).with_(files=("statement.pdf",)))
    person.wait(HOUR)

    assert person.told == [note(1).with_(files=("statement.pdf",))]


def test_what_is_over_the_limit_is_one_message_as_soon_as_there_is_room() -> None:
    person = Person(Manners(limit=(3, HOUR)))
    for number in range(15):
        person.take(note(number))
        person.wait(MINUTE)
    assert person.titles == ["Note 0", "Note 1", "Note 2"]
    person.wait(HOUR)

    assert person.titles == ["Note 0", "Note 1", "Note 2", "12 messages"]


def test_an_emergency_is_told_beyond_the_limit_and_a_fault_is_not() -> None:
    person = Person(Manners(limit=(1, HOUR)))
    person.take(note(1), fault(priority=1), note(2, priority=2))

    assert person.titles == ["Note 1", "Note 2"]


def test_what_is_held_is_told_though_something_lasts_that_is_told_again_and_again() -> None:
    person = Person(Manners(urgent=0, again_s=HOUR, limit=(1, HOUR)))
    person.take(fault(), note(1))
    person.wait(3 * HOUR)

    assert person.titles == ["Fault: meter", "2 messages", *["Still: Fault: meter"] * 2]


def test_an_urgent_message_that_the_limit_held_does_not_wait_for_the_morning() -> None:
    person = Person(Manners(limit=(1, HOUR)))
    person.quiet_until_s = 8 * HOUR
    person.take(note(1, priority=1), note(2, priority=1), note(3))
    person.wait(HOUR)
    assert person.titles == ["Note 1", "Note 2"]
    person.wait(8 * HOUR)

    assert person.titles == ["Note 1", "Note 2", "Note 3"]


def test_of_too_many_to_hold_the_number_is_told() -> None:
    person = Person()
    person.quiet_until_s = HOUR
    person.take(*(note(number) for number in range(MOST + 12)))
    person.wait(HOUR)

    (digest,) = person.told
    assert (digest.title, digest.text.splitlines()[-1]) == (f"{MOST + 12} messages", "12 more.")


def test_a_start_by_a_clock_that_is_behind_makes_nobody_wait_until_it_has_caught_up() -> None:
    person = Person(Manners(limit=(2, HOUR)))
    person.take(CARD, note(1))
    behind = Instant("next boot", 5.0, NOON - timedelta(days=365))
    person.teller.desk = person.teller.desk.started(behind)
    later = replace(behind, monotonic_s=5.0 + HOUR, wall=behind.wall + timedelta(hours=1))
    person.teller.take(CARD, Now(later))
    person.teller.take(note(2), Now(later))

    assert person.titles == ["Card refused", "Note 1", "Card refused", "Note 2"]


def test_a_fault_that_is_not_seen_again_after_a_start_is_over() -> None:
    person = Person()
    person.take(fault())
    person.teller.desk = person.teller.desk.started(person.now.instant)
    person.teller.unseen_are_over(person.now)

    assert person.told[1].text == "Not seen again since the last start. It was: no answer"


def test_a_fault_that_lasts_over_a_start_is_not_told_again() -> None:
    person = Person()
    person.take(fault())
    person.teller.desk = person.teller.desk.started(person.now.instant)
    person.take(fault())
    person.teller.unseen_are_over(person.now)
    person.wait(DAY)

    assert person.titles == ["Fault: meter", "Still: Fault: meter"]
    assert "more since" not in person.told[1].text


NOTES = st.lists(
    st.tuples(
        st.integers(-2, 2),
        st.sampled_from([0.0, 1.0, 600.0, HOUR]),
        st.booleans(),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(NOTES, st.sampled_from([None, (1, HOUR), (3, 600.0)]))
def test_nothing_is_lost_nothing_twice_and_each_priority_in_order(happened, limit) -> None:
    person = Person(Manners(limit=limit))
    for number, (priority, wait_s, quiet) in enumerate(happened):
        if quiet and person.quiet_until_s is None:
            person.quiet_until_s = person.at_s + HOUR
        person.take(Notification(f"<{number}>", "", priority))
        person.wait(wait_s)
    person.quiet_until_s = None
    person.wait(30 * DAY)
    heard = [
        int(part.split(">")[0])
        for one in person.told
        for part in f"{one.title} {one.text}".split("<")[1:]
    ]

    assert sorted(heard) == list(range(len(happened)))
    plain = [number for number in heard if happened[number][0] < 1]
    assert plain == sorted(plain)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([0.0, 30.0, 600.0]), max_size=60))
def test_no_more_than_the_limit_are_told_in_its_time(waits: list[float]) -> None:
    person = Person(Manners(limit=(3, 600.0)))
    times: list[float] = []
    person.teller = Teller(
        Manners(limit=(3, 600.0)), NOTICES, Desk(), lambda _: times.append(person.at_s)
    )
    for number, wait_s in enumerate(waits):
        person.take(note(number))
        person.wait(wait_s)
    person.wait(DAY)

    assert all(late - early >= 599.9 for early, late in zip(times, times[3:], strict=False))
    assert replace(person.teller.desk, told=()).held == ()
