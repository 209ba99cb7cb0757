"""Either side is killed, at any moment: every row arrives, once."""

import random
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oppleo_flow.payloads import MeterReading, SessionEnded, SessionStarted
from oppleo_flow.store.postgres.errors import CopyError
from tests.oppleo_flow.store.sent_ledger import NOON, address_of, sent_ledger
from tests.postgres import PostgresServer

ROOT = Path(__file__).parents[4]
SECOND = timedelta(seconds=1)


def reading(number: int) -> MeterReading:
    return MeterReading.sample(time=NOON + number * SECOND)


WRITER = """
import sys
from pathlib import Path
from uuid import UUID
from oppleo_flow.payloads import SessionEnded, SessionStarted
from tests.oppleo_flow.store.sent_ledger import address_of, sent_ledger
from tests.oppleo_flow.store.postgres.test_kills import reading

path, url, first = sys.argv[1:]
with sent_ledger(Path(path), address_of(url)) as site:
    for number in range(int(first), int(first) + 10_000):
        print(number, flush=True)
        about = {"session_id": UUID(int=number + 1)}
        site.ledger.sessions.record(SessionStarted.sample(**about))
        site.ledger.readings.record([reading(number)])
        site.sender.send_next(3)
        site.ledger.sessions.record(SessionEnded.sample(**about))
"""


def test_a_writer_that_is_killed_loses_and_doubles_nothing(tmp_path, copy_url):
    path, chance = tmp_path / "ledger.sqlite", random.Random(5)
    for kill in range(4):
        command = [sys.executable, "-c", WRITER, str(path), copy_url, str(kill * 10_000)]
        writer = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        with writer:
            for _ in range(chance.randrange(5, 40)):
                assert writer.stdout.readline()
            # It goes on meanwhile: where it is caught is chance.
            writer.kill()
    with sent_ledger(path, address_of(copy_url)) as site:
        site.send_all()
        assert site.has_arrived()


def test_a_server_that_is_killed_loses_and_doubles_nothing(tmp_path, own_postgres: PostgresServer):
    address = address_of(own_postgres.url("postgres"))
    with sent_ledger(tmp_path / "ledger.sqlite", address) as site:
        site.send_all()
        for kill in range(4):
            killing = threading.Timer(kill * 0.03, own_postgres.kill)
            killing.start()
            with pytest.raises(CopyError) as error:
                write_until_it_fails(site, kill * 100_000)
            assert error.value.code == "server-away"
            killing.join()
            own_postgres.start()
        site.send_all()
        assert site.has_arrived()


def write_until_it_fails(site, number: int) -> None:
    while True:
        number += 1
        site.ledger.readings.record([reading(number)])
        site.ledger.accounts.add("driver", f"driver {number}")
        site.sender.send_next(2)


def test_two_charge_points_write_into_one_database_at_once(tmp_path, copy_url):
    address = address_of(copy_url)

    def write(name: str, arrived: list[bool]) -> None:
        with sent_ledger(tmp_path / f"{name}.sqlite", address, name) as site:
            for number in range(60):
                site.ledger.readings.record([reading(number)])
                site.ledger.accounts.add("driver", f"{name} {number}")
                site.sender.send_next(5)
            site.send_all()
            arrived.append(site.has_arrived())

    arrived: list[bool] = []
    writers = [threading.Thread(target=write, args=(name, arrived)) for name in ("north", "south")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert arrived == [True, True]


steps = st.lists(
    st.sampled_from(
        ["start", "end", "read", "driver", "no driver", "send", "send", "lost", "crash"]
    ),
    max_size=25,
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps, st.integers(1, 4))
def test_whatever_happens_in_whatever_order_the_rows_arrive(
    copy_template, postgres_server, steps, most
):
    with (
        postgres_server.database(copy_template) as name,
        TemporaryDirectory() as folder,
        sent_ledger(Path(folder) / "l.sqlite", address_of(postgres_server.url(name))) as site,
    ):
        for number, step in enumerate(steps):
            act(site, step, number, most)
        site.send_all(most)
        assert site.has_arrived()


def act(site, step: str, number: int, most: int) -> None:
    """Let one thing happen at a site."""
    ledger, open_now = site.ledger, site.ledger.sessions.open()
    match step:
        case "start":
            about = SessionStarted.sample()
            unique = about.session_id.int + number
            ledger.sessions.record(about.with_(session_id=type(about.session_id)(int=unique)))
        case "end" if open_now is not None:
            ledger.sessions.record(SessionEnded.sample(session_id=open_now.session_id))
        case "read":
            ledger.readings.record([reading(number)])
        case "driver" if "Ann" not in ledger.accounts.names("driver"):
            ledger.accounts.add("driver", "Ann")
        case "no driver" if "Ann" in ledger.accounts.names("driver"):
            ledger.accounts.remove("driver", "Ann")
        case "send":
            site.sender.send_next(most)
        case "lost":  # it was under way, and never got there
            ledger.outbox.next_batch(most)
            site.sender.close()
        case "crash":  # it got there, and nobody here knows
            site.sender.send_next(most)
            batch = ledger.outbox.next_batch(most)
            if batch is not None:
                site.sender._copy.write(batch, ledger.outbox.marks.ledger_id, NOON)
            site.sender.close()
