"""What may go wrong with a meter, its wires and its bus, for the simulated ones."""

from enum import StrEnum

from oppleo_flow.errors import ConfigError


class MeterTrouble(StrEnum):
    """What may be wrong with a simulated meter, its wires, the adapter or the bus."""

    LATE = "late"  # it answers, but after it was given up
    ECHO = "echo"  # the adapter repeats what is sent
    NOISE = "noise"  # no answer arrives whole
    NO_BIAS = "no-bias"  # A and B exchanged: the line reads as 0 at rest, and nobody answers
    CUT_WIRE = "cut-wire"  # nothing arrives
    SECOND_MASTER = "second-master"  # somebody else asks on the same bus
    SHARED_ADDRESS = "shared-address"  # two meters answer
    UNPLUGGED = "unplugged"  # the adapter is pulled out of its port
    STUCK_ADAPTER = "stuck-adapter"  # silent until the port is opened anew
    WORDS_SWAPPED = "words-swapped"  # set so in its menu, and it says so where it can
    MEGAWATT_HOURS = "megawatt-hours"  # the same
    NOT_A_NUMBER = "not-a-number"
    ZEROS = "zeros"
    ALL_ONES = "all-ones"
    RESET = "reset"  # its register begins again at 0
    EXCHANGED = "exchanged"  # so does that of another meter
    STINGY = "stingy"  # it gives few registers at once, and none of those it leaves out
    REFUSING = "refusing"  # it refuses everything but the first value
    TENFOLD = "tenfold"  # its frequency is ten times too large
    UNSIGNED = "unsigned"  # it exports, and tells the current without its sign
    OTHER_MODEL = "other-model"


def meter_trouble(name: str | None) -> MeterTrouble | None:
    """Return the trouble of that name; None for none.

    Raises:
        ConfigError: There is no such trouble.
    """
    if name is None:
        return None
    if name not in {*MeterTrouble}:
        raise ConfigError(f"no trouble {name!r} of a meter; there are: {', '.join(MeterTrouble)}")
    return MeterTrouble(name)
