import threading
from datetime import UTC, datetime

from oppleo_flow.engine.core import Subscription
from oppleo_flow.engine.snapshot import RuntimeEvent

DEADLINE_S = 20.0


def event(number):
    return RuntimeEvent("event", "n", "out", number, datetime(2026, 1, 15, tzinfo=UTC))


def test_the_oldest_events_are_given_up_and_counted():
    subscription = Subscription(2, lambda _: None)
    for number in (1, 2, 3):
        subscription.put(event(number))
    assert [subscription.get(0).value for _ in range(2)] == [2, 3]
    assert subscription.get(0) is None
    assert subscription.missed == 1


def test_closing_wakes_who_waits():
    closed = []
    subscription = Subscription(2, closed.append)
    heard = []
    listener = threading.Thread(target=lambda: heard.append(subscription.get(DEADLINE_S * 10)))
    listener.start()
    subscription.close()
    listener.join(DEADLINE_S)
    assert not listener.is_alive()
    assert (heard, closed) == ([None], [subscription])
