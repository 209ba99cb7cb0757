"""`price-source`: prices from a real file and a real server; what is not known is unknown."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from pydantic import SecretStr, ValidationError

from nodes.charging.offpeak_gate import OffpeakGate
from nodes.network.http_client import HttpClientConnection
from nodes.network.price_source import PriceSource, PriceSourceConfig
from oppleo_flow import Connection, NodeConfig
from oppleo_flow.clock import SystemClock, VirtualClock
from oppleo_flow.devices.http import HttpClient, HttpRequest, HttpResponse, RequestsClient
from oppleo_flow.payloads import MarketPrice, MarketPrices, PriceNow, PriceUnknown
from oppleo_flow.testing.bench import NOON, Bench, BenchSite

HOUR = timedelta(hours=1)


def csv_of(*prices: str, first: datetime = NOON) -> str:
    rows = [f"{(first + n * HOUR).isoformat()},{price}" for n, price in enumerate(prices)]
    return "\n".join(["start,price", *rows]) + "\n"


def slot(n: int, price: str) -> MarketPrice:
    return MarketPrice(NOON + n * HOUR, NOON + (n + 1) * HOUR, Decimal(price))


def from_file(tmp_path, text: str | None, **bench) -> Bench:
    if text is not None:
        (tmp_path / "prices.csv").write_text(text)
    site = BenchSite(folder=tmp_path)
    config = {"file": "prices.csv", "format": "csv", "every": "1h"}
    return Bench(PriceSource, config, site=site, **bench)


def test_a_file_is_read_and_its_prices_are_told(tmp_path):
    with from_file(tmp_path, csv_of("0.10", "0.20")) as on:
        on.advance(0)
        told = (slot(0, "0.10"), slot(1, "0.20"))
        assert on.sent("prices") == [MarketPrices("day-ahead", "EUR", told)]
        assert on.sent("now")[-1] == PriceNow(Decimal("0.10"), "EUR", NOON, NOON + HOUR, 0.0)
        assert on.run().status == "0.1 EUR per kWh"


def test_the_price_of_now_changes_on_the_hour(tmp_path):
    with from_file(tmp_path, csv_of("0.10", "0.20", "0.05")) as on:
        on.advance(3600 - 1)
        assert on.sent("now")[-1].per_kwh == Decimal("0.10")
        on.advance(1)
        now = on.sent("now")[-1]
        assert (now.per_kwh, round(now.share_cheaper, 3)) == (Decimal("0.20"), 0.667)


def test_a_hole_is_unknown_and_never_nothing(tmp_path):
    with from_file(tmp_path, csv_of("0.10", "0.10", "", "0.10")) as on:
        on.advance(2 * 3600)
        assert on.sent("now")[-1] == PriceUnknown(NOON + 2 * HOUR, "no price for Thu 15:00")
        assert on.run().status == "no price for Thu 15:00"
        on.advance(3600)
        assert on.sent("now")[-1].per_kwh == Decimal("0.10")
        on.advance(3600)
        assert isinstance(on.sent("now")[-1], PriceUnknown)


def test_prices_that_come_later_are_read_then(tmp_path):
    with from_file(tmp_path, None) as on:
        on.advance(10)
        assert on.sent("prices") == []
        missing = {"prices-missing": f"{tmp_path}/prices.csv: No such file or directory"}
        assert (on.run().faults, on.sent("error")) == (missing, [])
        (tmp_path / "prices.csv").write_text(csv_of("0.10", "0.20"))
        on.advance(60)
        assert on.sent("now")[-1].per_kwh == Decimal("0.10")
        assert on.run().faults == {}


def test_what_cannot_be_read_is_tried_again_ever_more_rarely(tmp_path):
    with from_file(tmp_path, None) as on:
        on.advance(8 * 60)  # tried after 0, 1, 3 and 7 minutes
        (tmp_path / "prices.csv").write_text(csv_of("0.10", "0.20"))
        on.advance(7 * 60 - 1)
        assert on.sent("prices") == []
        on.advance(1)
        assert len(on.sent("prices")) == 1


def test_what_was_known_stays_while_the_file_is_broken(tmp_path):
    with from_file(tmp_path, csv_of("0.10", "0.20", "0.30")) as on:
        on.advance(1)
        (tmp_path / "prices.csv").write_text(csv_of("0.10", "n/a"))
        on.advance(2 * 3600)
        assert on.sent("now")[-1].per_kwh == Decimal("0.30")
        assert on.run().status == (
            "0.3 EUR per kWh; prices.csv: row 2: price: a number is needed, got 'n/a'"
        )
        assert on.run().faults == {}
        on.advance(3600)
        assert isinstance(on.sent("now")[-1], PriceUnknown)
        assert list(on.run().faults) == ["prices-missing"]


def test_prices_survive_a_restart_without_the_file(tmp_path):
    settings = {"durable": True, "state_path": tmp_path / "state.sqlite"}
    clock = VirtualClock(NOON)
    with from_file(tmp_path, csv_of("0.10", "0.20"), clock=clock, **settings) as on:
        on.advance(1)
    (tmp_path / "prices.csv").unlink()
    with from_file(tmp_path, None, clock=clock, **settings) as on:
        assert on.sent("now")[-1].per_kwh == Decimal("0.10")


def test_a_clock_that_is_set_changes_the_price_at_once(tmp_path):
    with from_file(tmp_path, csv_of("0.10", "0.20", "0.30")) as on:
        on.advance(1)
        on.clock.set_wall(NOON + 2 * HOUR)
        on.advance(0)
        assert on.sent("now")[-1].per_kwh == Decimal("0.30")


# -- from a server ---------------------------------------------------------------------------------


class RealWeb(Connection[NodeConfig], HttpClient):
    """The real client, also under a virtual clock."""

    type_name = "real-web"

    def open(self) -> None:
        self._client = RequestsClient(timeout_s=5, max_bytes=100_000, clock=SystemClock())

    def close(self) -> None:
        self._client.close()

    def send(self, request: HttpRequest) -> HttpResponse:
        return self._client.send(request)


class PriceServer:
    """A server of prices on this machine; `asked` has the addresses it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.keys: list[str | None] = []
        self.status = 200
        self.answer = json.dumps(
            {"data": [{"start": (NOON + n * HOUR).isoformat(), "price": 80 + n} for n in (0, 1)]}
        )
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                server.keys.append(self.headers["X-Api-Key"])
                self.send_response(server.status)
                self.end_headers()
                self.wfile.write(server.answer.encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[PriceServer]:
    made = PriceServer()
    yield made
    made.close()


def from_server(server: PriceServer, web: type = RealWeb, **more: object) -> Bench:
    url = server.address + "/nl?from={today}&to={day_after_tomorrow}"
    config = {"url": url, "http": "web", "rows": "data", "unit": "MWh", "every": "1h", **more}
    return Bench(PriceSource, config, connections={"web": web})


def test_a_server_is_asked_for_the_days_that_count(server):
    with from_server(server) as on:
        on.advance(0)
        assert server.asked == ["/nl?from=2026-01-15&to=2026-01-17"]
        assert on.sent("prices")[0].slots == (slot(0, "0.080"), slot(1, "0.081"))
        on.advance(3600)
        assert len(server.asked) == 2


def test_a_server_that_wants_a_key_is_sent_it_and_nobody_else_sees_it(server, caplog):
    caplog.set_level("DEBUG", "oppleo_flow")
    with from_server(
        server, headers={"X-Api-Key": SecretStr("open-sesame"), "Accept": "*/*"}
    ) as on:
        on.advance(0)
        assert server.keys == ["open-sesame"]
        assert "open-sesame" not in repr(on.node.config)
    assert "open-sesame" not in caplog.text


def test_a_server_that_refuses_is_told_and_asked_again(server):
    server.status = 503
    with from_server(server) as on:
        on.advance(0)
        assert on.run().faults == {"prices-missing": "127.0.0.1: answered with status 503"}
        server.status = 200
        on.advance(60)
        assert on.sent("now")[-1].per_kwh == Decimal("0.08")


def test_a_server_that_is_slow_holds_up_nobody_else():
    """R4 of the original: network calls are synchronous in the peak thread; switching off waits."""
    assert PriceSource.blocking
    assert not OffpeakGate.blocking


def test_simulated_nothing_is_asked_and_the_price_is_unknown(server):
    with from_server(server, HttpClientConnection) as on:
        on.advance(3600)
        assert server.asked == []
        assert on.sent("now") == [PriceUnknown(NOON, "no price is known")]
        assert on.sent("error") == []


@pytest.mark.parametrize(
    ("config", "message"),
    [
        pytest.param({}, "url or file is needed, and not both", id="from nowhere"),
        pytest.param(
            {"url": "https://x.example", "file": "x.csv", "http": "web"},
            "url or file is needed, and not both",
            id="from two places",
        ),
        pytest.param(
            {"url": "https://x.example"},
            "url needs http, the web client to fetch it with",
            id="without a client",
        ),
        pytest.param(
            {"file": "x.csv", "headers": {"X-Api-Key": "k"}},
            "headers go with url; a file is read as it is",
            id="a key for a file",
        ),
        pytest.param(
            {"url": "https://x.example", "http": "web", "headers": {"X-Api-Key": "k\nHost: y"}},
            "a header is one line of ASCII",
            id="a header that is two",
        ),
    ],
)
def test_prices_come_from_one_place(config, message):
    with pytest.raises(ValidationError) as error:
        PriceSourceConfig.model_validate(config)
    assert [found["msg"] for found in error.value.errors()] == [f"Value error, {message}"]
