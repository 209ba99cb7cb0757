"""The rows of the table: what is measured, and by whom."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from tests.benchmarks import (
    flow_file,
    latency,
    meter_reads,
    one_option,
    oppleo_import,
    postgres_copy,
    readings,
    route_times,
    size,
    start,
    statements,
    swipe,
    throughput,
    virtual_time,
    web,
)
from tests.benchmarks.comparison import Figure


@dataclass(frozen=True, slots=True)
class Row:
    """One benchmark; `measure` takes the number of repetitions."""

    number: str
    measure: Callable[[int], Iterator[Figure]]


ROWS: Final = (
    Row("1", throughput.mixed_chain),
    Row("1b", throughput.change_chain),
    Row("2", throughput.fan_out),
    Row("3", latency.line_to_answer),
    Row("4", start.cold_start),
    Row("5", size.memory_per_node),
    Row("6", flow_file.check_and_load),
    Row("6b", one_option.deploy),
    Row("7", throughput.thrown),
    Row("8", virtual_time.simulated_month),
    Row("9", meter_reads.twenty_values),
    Row("10", swipe.swipe_to_switch),
    Row("11", readings.written),
    Row("12", statements.statement),
    Row("11b", postgres_copy.copied),
    Row("13", readings.graphs),
    Row("14", oppleo_import.whole_oppleo),
    Row("15", web.state),
    Row("16", web.streams),
    Row("17", size.first_load_of_the_page),
    Row("19", route_times.five_years_of_data),
)
