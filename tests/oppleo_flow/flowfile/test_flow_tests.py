import pytest

FLOW = """\
flow: f
format: 1
nodes:
  c: {type: card}
  a: {type: authorise, from: c}
  l: {type: lamp, safe: off, from: a.rejected}
tests:
"""  # the next line is 8


@pytest.mark.parametrize(
    ("tests", "findings"),
    [
        pytest.param(
            "  - name: a card\n    at: 2026-01-15T23:30:00+01:00\n"
            "    stub: {a: {accepted: {uid: 0412}}}\n    do:\n"
            "      - send: {c: {uid: 04}}\n      - expect: {l: {}, a.rejected: {}}\n"
            "      - expect_none: [l]\n      - advance: 1h30m\n      - fail: {a: timeout}\n"
            "      - expect_error: a\n      - stub: {a: {rejected: {}}}\n"
            "      - expect_state: {a: {}}\n",
            [],
            id="every step there is",
        ),
        pytest.param("  nothing\n", ["8:3: tests: 'tests' is a list of cases, got text"],
                     id="no list"),
        pytest.param("  - text\n", ["8:5: tests: a test is a map with 'name' and 'do', got text"],
                     id="a case that is no map"),
        pytest.param("  - {nam: x}\n",
                     ["8:5: tests: a test needs a 'name'; add one",
                      "8:5: tests: a test needs steps; add 'do:'",
                      "8:6: tests: 'nam' is no part of a test; did you mean 'name'?"],
                     id="a case without what it needs"),
        pytest.param("  - {name: x, do: []}\n  - {name: x, do: 5}\n",
                     ["9:12: tests: a test is called 'x' already, in line 8; rename one",
                      "9:19: tests: 'do' is a list of steps, got text"],
                     id="a name that stands twice"),
        pytest.param("  - {name: x, at: 2026-01-15T23:30, do: []}\n",
                     ["8:19: tests: 'at' must be a moment with its offset, such as "
                      "2026-01-15T23:30:00+01:00, got '2026-01-15T23:30'"],
                     id="a moment without its offset"),
        pytest.param("  - {name: x, do: [{sendd: {c: 1}}, wait, {advance: 5}]}\n",
                     ["8:21: tests: 'sendd' is not a step; did you mean 'send'?",
                      "8:37: tests: a step is a map such as {advance: 10s}, got text",
                      "8:53: tests: 'advance' must be a duration such as 10s or 1h30m, got 5"],
                     id="steps that are none"),
        pytest.param("  - {name: x, do: [{send: {cc: 1}}, {send: {a: 1}}, "
                     "{send: {a.accept: 1}}]}\n",
                     ["8:28: tests: there is no node 'cc'; did you mean 'c'?",
                      "8:45: tests: 'a' has 2 outputs; say which: a.accepted, a.rejected",
                      "8:61: tests: 'a' has no output 'accept'; did you mean 'accepted'?"],
                     id="senders that are none"),
        pytest.param("  - {name: x, do: [{expect: {l.shown: 1, lamp: 1}}, {stub: {a: 1}}]}\n",
                     ["8:30: tests: 'l' has no output 'shown'; it has: error",
                      "8:42: tests: there is no node 'lamp'; nodes: c, a, l",
                      "8:64: tests: a stub of 'a' is a map of outputs and payloads, got text"],
                     id="receivers that are none"),
        pytest.param("  - {name: x, do: [{stub: {a: {acceptd: {}}}}, "
                     "{expect_state: {a: {b: 1}}}]}\n",
                     ["8:32: tests: 'a' has no output 'acceptd'; did you mean 'accepted'?",
                      "8:68: tests: authorise has no state 'b'"],
                     id="ports and state that are none"),
    ],
)  # fmt: skip
def test_the_tests_of_a_flow_are_checked(headlines, tests: str, findings: list[str]) -> None:
    assert headlines(FLOW + tests) == findings
