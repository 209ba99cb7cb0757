import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.flowfile.variables import Lookup, VariableError, expand

HEAD = "flow: f\nformat: 1\nvars:\n"
ONE = "nodes:\n  o: {type: options, text: "


def text_of(check, section: str, text: str, **settings: object) -> str:
    result = check(f"{HEAD}{section}{ONE}{text}}}\n", **settings)
    assert result.errors == ()
    return result.graph.nodes["o"].config.text


def nothing(lookup: Lookup) -> None:
    return None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("$(a)", "one", id="all of a value"),
        pytest.param("-$(a)-$(a)-", "-one-one-", id="parts of a value"),
        pytest.param("'$(a)'", "one", id="within quotes"),
        pytest.param("$(b)", "one more", id="a variable made of another"),
        pytest.param("$(c:-x y)", "x y", id="a default with a space"),
        pytest.param("$(c:-)", "", id="an empty default"),
        pytest.param("$(env.HOME_TOWN)", "Utrecht", id="the environment"),
        pytest.param("$(env.OTHER:-Ede)", "Ede", id="a default for the environment"),
        pytest.param("$$(a)", "$(a)", id="two dollars are one"),
        pytest.param("US$ 5", "US$ 5", id="a dollar alone is a dollar"),
    ],
)
def test_variables_are_put_into_values(check, text: str, value: str) -> None:
    variables = "  a: one\n  b: $(a) more\n"
    assert text_of(check, variables, text, environ={"HOME_TOWN": "Utrecht"}) == value


def test_what_is_set_from_outside_wins(check) -> None:
    assert text_of(check, "  a: one\n", "$(a)", variables={"a": "two"}) == "two"


def test_the_type_of_the_option_reads_the_variable(check) -> None:
    flow = f"{HEAD}  n: 0042\n  q: '5'\nnodes:\n  o: {{type: options, whole: $(n), mixed: $(q)}}\n"
    config = check(flow).graph.nodes["o"].config
    assert (config.whole, config.mixed) == (42, "5")


def test_an_empty_variable_leaves_the_option_out(check) -> None:
    flow = f"{HEAD}  n: $(env.NONE:-)\nnodes:\n  o: {{type: options, whole: $(n)}}\n"
    assert check(flow).graph.nodes["o"].config.whole is None


@pytest.mark.parametrize(
    ("variables", "text", "finding"),
    [
        pytest.param(
            "  tariff: 1\n",
            "x$(tarif)",
            "6:29: o: there is no variable 'tarif'; did you mean 'tariff'?",
            id="a slip",
        ),
        pytest.param(
            "",
            "$(a)",
            "5:28: o: there is no variable 'a'; add it under vars, or write $(a:-default)",
            id="no variables at all",
        ),
        pytest.param(
            "  a: $(env.NONE)\n",
            "$(a)",
            "4:6: the environment variable 'NONE' is not set; set it, or write "
            "$(env.NONE:-default)",
            id="a variable of the environment, at its own line and only there",
        ),
        pytest.param(
            "  a: $(b)\n  b: $(a)\n",
            "x",
            "5:6: the variable is made of itself: a → b → a; give one of them a value",
            id="a circle",
        ),
        pytest.param(
            "  a: 1\n",
            "$(a",
            "6:28: o: '$(a' is no variable; write $(name), $(name:-default) or $(env.NAME), "
            "and $$ for a dollar",
            id="a bracket left open",
        ),
        pytest.param("  a: [1]\n", "$(a)", "4:6: a variable is one value, got a list", id="a list"),
        pytest.param(
            "  a: !secret prowl_key\n",
            "$(a)",
            "4:6: a secret cannot be a variable; write !secret where it is used",
            id="a secret",
        ),
        pytest.param(
            "  A-b: 1\n",
            "x",
            "4:3: a variable's name is small letters, digits and _, got 'A-b'",
            id="a bad name",
        ),
    ],
)
def test_a_variable_that_is_wrong_is_told_once_at_its_place(
    headlines, variables: str, text: str, finding: str
) -> None:
    head = HEAD if variables else "flow: f\nformat: 1\ndoc: x\n"
    assert headlines(f"{head}{variables}{ONE}{text}}}\n") == [finding]


def test_variables_that_lead_far_are_refused(headlines) -> None:
    chain = "".join(f"  v{n}: $(v{n + 1})\n" for n in range(500)) + "  v500: x\n"
    told = headlines(f"{HEAD}{chain}{ONE}$(v0)}}\n")
    assert told[0].endswith("more than 20 variables lead from one to the next; use fewer")


def test_a_variable_set_from_outside_that_the_flow_does_not_have_is_a_warning(headlines) -> None:
    flow = f"{HEAD}  tariff: 1\n{ONE}x}}\n"
    assert headlines(flow, variables={"tarif": "2"}) == [
        "1:1: warning: the flow has no variable 'tarif' to set; did you mean 'tariff'?"
    ]


def test_the_variables_that_could_be_set_are_told_once_and_in_order(headlines) -> None:
    flow = f"{HEAD}  tariff: 1\n  amps: 2\n{ONE}$(tariff)$(zone:-x)$(amps)}}\n"
    assert headlines(flow, variables={"quite_other": "2"}) == [
        "1:1: warning: the flow has no variable 'quite_other' to set; known: amps, tariff, zone"
    ]


@pytest.mark.parametrize("option", ["type", "from"])
def test_names_take_no_variables(headlines, option: str) -> None:
    node = {"type": "type: $(a)", "from": "type: same, from: $(a)"}[option]
    told = headlines(f"{HEAD}  a: same\nnodes:\n  o: {{{node}}}\n")
    column = 13 if option == "type" else 25
    assert told == [f"6:{column}: o: {option!r} takes no variables; write the name itself"]


def test_the_message_of_a_bad_value_names_its_variable(headlines) -> None:
    flow = f"{HEAD}  n: x\nnodes:\n  o: {{type: options, whole: $(n)}}\n"
    assert headlines(flow) == ["6:29: o: 'whole' must be a whole number, got 'x' from $(n)"]


@given(st.text())
def test_text_with_its_dollars_doubled_comes_back_as_it_is(text: str) -> None:
    assert expand(text.replace("$", "$$"), nothing) == text


@given(st.text(st.sampled_from("$()ab:-.env ")))
def test_any_text_is_filled_in_or_refused_where_a_variable_begins(text: str) -> None:
    def fill() -> int | None:
        try:
            expand(text, lambda lookup: lookup.name)
        except VariableError as error:
            return error.offset
        return None

    offset = fill()
    assert offset is None or text[offset:].startswith("$(")
