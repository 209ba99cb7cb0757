"""A class of values is `@dataclass(frozen=True, slots=True)` in all that can be seen of it."""

import copy
import dataclasses
import inspect
import pickle
import re
import subprocess
import sys
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from oppleo_flow.immutable import immutable


@immutable
class Reading:
    """What a meter said."""

    energy_wh: int
    power_w: float | None = None
    phases: tuple[int, ...] = ()
    notes: list[str] = field(default_factory=list, compare=False, repr=False)

    @property
    def energy_kwh(self) -> float:
        """Return the energy in kWh."""
        return self.energy_wh / 1000


@immutable
class Corrected(Reading):
    """A reading that somebody has corrected."""

    why: str = ""

    def __post_init__(self) -> None:
        if self.energy_wh < 0:
            raise ValueError("a meter does not run backwards")


@immutable
class Named:
    """What is told by keyword."""

    first: int
    second: int = field(default=2, kw_only=True)


@immutable
class Nothing:
    """A value without fields."""


@immutable
class Shown:
    """A value with a word of its own."""

    unit: str

    def __repr__(self) -> str:
        return f"<{self.unit}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shown) and self.unit.lower() == other.unit.lower()

    def __hash__(self) -> int:
        return hash(self.unit.lower())


def like(cls: type) -> Any:
    """Return the dataclass that has the same fields."""
    namespace = {name: kept for name, kept in vars(cls).items() if name == "__post_init__"}
    fields = [(one.name, one.type, one) for one in dataclasses.fields(cls)]
    return dataclasses.make_dataclass(
        cls.__name__, fields, namespace=namespace, frozen=True, slots=True
    )


numbers = st.integers(-5, 5)
readings = st.builds(
    Reading,
    numbers,
    st.none() | st.floats(allow_nan=False),
    st.lists(numbers).map(tuple),
    st.lists(st.text()),
)


@given(readings, readings)
def test_two_values_are_equal_when_two_such_dataclasses_are(one: Reading, other: Reading) -> None:
    kind = like(Reading)

    def twin(reading: Reading) -> Any:
        return kind(*(getattr(reading, each.name) for each in dataclasses.fields(reading)))

    assert (one == other) == (twin(one) == twin(other))
    assert (hash(one) == hash(other)) == (hash(twin(one)) == hash(twin(other)))
    assert repr(one) == repr(twin(one))


@given(readings)
def test_a_value_comes_back_from_a_pickle_and_out_of_a_copy(reading: Reading) -> None:
    for back in (
        pickle.loads(pickle.dumps(reading)),
        copy.copy(reading),
        copy.deepcopy(reading),
        replace(reading),
    ):
        assert back == reading
        assert back.notes == reading.notes


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        pytest.param((), {}, id="one is missing"),
        pytest.param((1, 2, 3, 4, 5), {}, id="one too many"),
        pytest.param((1,), {"power": 2}, id="an unknown name"),
        pytest.param((1,), {"energy_wh": 2}, id="one twice"),
    ],
)
def test_wrong_arguments_are_refused_in_the_same_words(
    args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    with pytest.raises(TypeError) as theirs:
        like(Reading)(*args, **kwargs)
    with pytest.raises(TypeError, match=f"^{re.escape(str(theirs.value))}$"):
        Reading(*args, **kwargs)


@pytest.mark.parametrize("name", ["energy_wh", "something_else"])
def test_a_value_does_not_change(name: str) -> None:
    reading = Reading(1)
    with pytest.raises(dataclasses.FrozenInstanceError, match=f"cannot assign to field '{name}'"):
        setattr(reading, name, 2)
    with pytest.raises(dataclasses.FrozenInstanceError, match=f"cannot delete field '{name}'"):
        delattr(reading, name)


def test_a_default_that_is_made_is_made_anew_for_each() -> None:
    assert Reading(1).notes is not Reading(1).notes


def test_a_value_has_no_room_for_more_than_its_fields() -> None:
    assert not hasattr(Reading(1), "__dict__")


def test_a_class_of_values_extends_another_and_is_not_equal_to_it() -> None:
    corrected = Corrected(5, why="read by hand")

    assert repr(corrected) == "Corrected(energy_wh=5, power_w=None, phases=(), why='read by hand')"
    assert Corrected(5) != Reading(5)
    assert Reading(5) != Corrected(5)


def test_a_dataclass_may_extend_a_class_of_values() -> None:
    @dataclass(frozen=True, slots=True)
    class Own(Reading):
        place: str = "garage"

    assert Own(3) == Own(3)
    assert Own(3).energy_kwh == 0.003


def test_what_checks_itself_does_so_when_it_is_made_and_replaced() -> None:
    with pytest.raises(ValueError, match="backwards"):
        Corrected(-1)
    with pytest.raises(ValueError, match="backwards"):
        replace(Corrected(1), energy_wh=-1)


def test_a_field_may_be_told_by_keyword_only() -> None:
    assert Named(1, second=3) == Named(first=1, second=3)
    with pytest.raises(TypeError):
        Named(1, 3)  # type: ignore[call-arg]


def test_values_without_fields_are_all_equal() -> None:
    assert Nothing() == Nothing()
    assert hash(Nothing()) == hash(Nothing())


def test_what_a_class_says_of_itself_holds() -> None:
    assert repr(Shown("Wh")) == "<Wh>"
    assert {Shown("Wh")} == {Shown("WH")}


def test_a_value_is_matched_by_position() -> None:
    match Reading(7, 1.5):
        case Reading(energy, power):
            assert (energy, power) == (7, 1.5)


def test_its_signature_names_its_fields_once_a_value_was_made() -> None:
    Reading(1)
    assert [*inspect.signature(Reading).parameters] == ["energy_wh", "power_w", "phases", "notes"]


def test_pydantic_reads_and_writes_a_value() -> None:
    adapter = TypeAdapter(Corrected)

    assert adapter.validate_python({"energy_wh": 5, "phases": [1]}) == Corrected(5, None, (1,))
    assert adapter.validate_json(adapter.dump_json(Corrected(5))) == Corrected(5)
    with pytest.raises(ValidationError):
        adapter.validate_python({"energy_wh": "much"})


def test_its_parts_are_those_of_a_dataclass() -> None:
    assert [one.name for one in dataclasses.fields(Corrected)] == [
        *("energy_wh", "power_w", "phases", "notes", "why")
    ]
    twin: Any = like(Reading)(1)
    assert dataclasses.asdict(Reading(1)) == dataclasses.asdict(twin)
    assert dataclasses.is_dataclass(Reading)


def test_a_dataclass_that_may_change_is_no_base() -> None:
    @dataclass
    class Open:
        energy_wh: int

    with pytest.raises(TypeError, match="cannot inherit frozen dataclass from a non-frozen one"):

        @immutable
        class _Closed(Open):  # type: ignore[misc]
            pass


def test_no_code_is_compiled_for_a_class_before_its_first_value() -> None:
    code = (
        "import sys\n"
        "from oppleo_flow.immutable import immutable\n"
        "seen = []\n"
        "sys.addaudithook(lambda event, _: seen.append(event))\n"
        "@immutable\n"
        "class Reading:\n"
        "    'What a meter said.'\n"
        "    energy_wh: int\n"
        "print(seen.count('compile'))\n"
        "Reading(1), Reading(2)\n"
        "print(seen.count('compile'))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.split() == ["0", "1"]
