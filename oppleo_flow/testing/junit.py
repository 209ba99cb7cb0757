"""What came of the tests of flows, as the XML that CI servers read."""

from collections.abc import Iterable
from xml.etree import ElementTree

from oppleo_flow.immutable import immutable
from oppleo_flow.testing.flow_run import Verdict


@immutable
class FlowVerdicts:
    """What came of the tests of one flow; `errors` say why it could not be tested at all."""

    flow: str
    verdicts: tuple[Verdict, ...]
    errors: tuple[str, ...] = ()


def junit_xml(flows: Iterable[FlowVerdicts]) -> str:
    """Return a suite for each flow."""
    root = ElementTree.Element("testsuites")
    for flow in flows:
        _suite(root, flow)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suite(root: ElementTree.Element, flow: FlowVerdicts) -> None:
    took_s = sum(verdict.took_s for verdict in flow.verdicts)
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        name=flow.flow,
        tests=str(len(flow.verdicts) + bool(flow.errors)),
        failures=str(sum(not verdict.passed for verdict in flow.verdicts)),
        errors=str(int(bool(flow.errors))),
        time=f"{took_s:.3f}",
    )
    if flow.errors:
        case = ElementTree.SubElement(suite, "testcase", classname=flow.flow, name="check")
        error = ElementTree.SubElement(case, "error", message=flow.errors[0])
        error.text = "\n".join(flow.errors)
    for verdict in flow.verdicts:
        _case(suite, flow.flow, verdict)


def _case(suite: ElementTree.Element, flow: str, verdict: Verdict) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=flow,
        name=verdict.test.name,
        file=verdict.test.place.file,
        line=str(verdict.test.place.line),
        time=f"{verdict.took_s:.3f}",
    )
    if verdict.problems:
        first = verdict.problems[0]
        message = f"{first.place}: {first.what}: expected {first.expected}"
        failure = ElementTree.SubElement(case, "failure", message=message)
        failure.text = verdict.render()
