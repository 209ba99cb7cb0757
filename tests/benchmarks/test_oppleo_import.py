from tests.benchmarks.oppleo_import import whole_oppleo


def test_an_import_is_measured_with_its_limit_and_its_memory():
    took, grown = whole_oppleo(1, readings=2000)
    assert (took.name, len(took.ours), len(took.limit)) == (
        *("import of an Oppleo with 2,000 readings", 1),
        1,
    )
    assert (grown.name, len(grown.ours)) == ("memory more than for a 10th of them", 1)
