"""Row 19 leaves no address out, and says why where it does."""

from datetime import UTC, datetime

from tests.benchmarks import route_times
from webui.routes.table import API

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


def test_every_address_that_is_read_is_timed_or_left_out_for_a_reason():
    below = {
        row.path.removeprefix(f"{API}/"): row
        for row in route_times.api_routes()
        if row.path.startswith(f"{API}/")
    }
    unknown = (set(route_times.LEFT_OUT) | set(route_times.addresses(NOW))) - set(below)
    asked = route_times.asked(NOW)

    assert unknown == set()
    assert [path for path in asked if "<" in path] == []
    assert len(asked) >= len(below) - len(route_times.LEFT_OUT)
    for path, row in below.items():
        begins = row.path.partition("<")[0].rstrip("/")
        timed = any(one.partition("?")[0].startswith(begins) for one in asked)
        assert timed or path in route_times.LEFT_OUT, path
