"""The statement that row 12 times has all that it should."""

from tests.benchmarks.statements import filled, report


def test_the_statement_has_every_session_of_the_ledger() -> None:
    with filled(40) as ledger:
        cost = report(ledger, "csv")
        (file,) = (ledger.parent / "reports").iterdir()
        lines = file.read_text(encoding="utf-8").splitlines()

    assert len(lines) == 41
    assert cost.wall_s > 0
    assert cost.memory_mb > 10
