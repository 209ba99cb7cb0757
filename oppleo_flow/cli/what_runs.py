"""Which version of a flow to run: the files', the one that ran, or the last that was good."""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from oppleo_flow.cli.chosen import Chosen
from oppleo_flow.cli.flow_files import Surroundings, mistaken, variables_of
from oppleo_flow.cli.flow_folder import FlowFolder
from oppleo_flow.cli.site import Site
from oppleo_flow.errors import StoreError
from oppleo_flow.flowfile import CheckResult, Finding
from oppleo_flow.flowfile.versions import FlowSet, History, Version
from oppleo_flow.flowfile.versions.refusals import HasErrors
from oppleo_flow.guardian import CRASHES_VARIABLE, crashed_before
from oppleo_flow.redaction import Redaction
from oppleo_flow.registry import Registry

_LOG = logging.getLogger(__name__)
_BY_GUARDIAN = "guardian"


def surroundings(
    site: Site, args: argparse.Namespace, redaction: Redaction | None = None
) -> Surroundings:
    """Return what a run of a site checks flows with; `redaction` learns the secrets in them."""
    return Surroundings.of(
        site.folder,
        variables_of(args.variables, "run"),
        simulate=site.simulate,
        placeholders=not args.strict,
        redaction=redaction,
    )


def flow_folder(site: Site, args: argparse.Namespace, around: Surroundings) -> FlowFolder:
    """Return the files of the flow that is to run."""
    return FlowFolder(around, Path(args.flow) if args.flow else site.flow)


def choose(
    around: Surroundings, folder: FlowFolder, history: History, *, safe: bool
) -> Chosen | None:
    """Return what to run; None, with what is wrong printed, when there is nothing that can.

    After a crash what ran runs again, for nobody has deployed what is in the files by now; after
    too many (`safe`), the last version that was good.
    """
    if _crashed_again():
        _refuse_what_ends_a_process(around.registry)
    if safe:
        return _good(around, folder, history)
    if crashed_before():
        version = _found(history.newest, folder.main)
        again = None if version is None else _checked(around, folder, version.flows)
        if version is not None and again is not None:
            if any(folder.text(name) != text for name, text in version.flows.files.items()):
                _LOG.warning(
                    "%s was changed and not deployed; version %d, which ran, runs again",
                    folder.main,
                    version.number,
                )
            return Chosen(again.graph, again.flows, version.who, version.why)
    return _checked(around, folder, None)


def _crashed_again() -> bool:
    """Return whether the start after a crash came to nothing either."""
    return os.environ.get(CRASHES_VARIABLE, "0") not in ("0", "1")


def _refuse_what_ends_a_process(registry: Registry) -> None:
    """Try the site's own nodes elsewhere first: one may end, or hold up, whoever imports it."""
    files = registry.drop_in_files()
    if files:
        # Not at the top: it is needed after crashes only.
        from oppleo_flow.testing.child import what_ends_a_process  # noqa: PLC0415

        for file, why in what_ends_a_process(files[0].parent, files).items():
            registry.refuse(file, why)


def _good(around: Surroundings, folder: FlowFolder, history: History) -> Chosen | None:
    """Return the last good version; without one, what ran, of which only the page is started."""
    newest, good = _found(history.newest, folder.main), _found(history.good, folder.main)
    what = "the flow" if newest is None else f"version {newest.number}"
    crashed = f"{what} crashed three times within five minutes"
    chosen = None if good is None else _checked(around, folder, good.flows)
    if good is not None and chosen is not None:
        same = newest is not None and newest.revision == good.revision
        runs = f"version {good.number}, the last good one, runs {'again' if same else 'instead'}"
        trouble = f"{crashed}; {runs}; mend it and deploy it"
        why = f"{crashed}; back to version {good.number}"
        return replace(chosen, trouble=trouble, who=_BY_GUARDIAN, why=why)
    chosen = None if newest is None else _checked(around, folder, newest.flows)
    chosen = chosen or _checked(around, folder, None)
    if chosen is None:
        return None
    trouble = (
        f"{crashed}, and no version has run well for five minutes yet; "
        "only this page runs, the outputs are safe; mend the flow and deploy it"
    )
    return replace(chosen, trouble=trouble, only_page=True)


def _found(find: Callable[[str], Version | None], main: str) -> Version | None:
    """Return a version that is kept; one that cannot be read is told and does not count."""
    try:
        return find(main)
    except StoreError as error:
        _LOG.error("%s", error)
        return None


def _checked(around: Surroundings, folder: FlowFolder, flows: FlowSet | None) -> Chosen | None:
    """Return a version that can run, the files' if none is given; else tell what is wrong."""
    on_disk = flows is None
    try:
        flows, result = folder.check_disk() if flows is None else folder.check(flows)
    except HasErrors as error:
        _print(error.findings)
        return None
    wrong = mistaken(result)
    if result.graph is None or wrong:
        _print([*wrong, *filter(_stops_a_node, result.findings)])
        return None
    for warning in result.warnings:
        _LOG.log(_weight(warning), "%s", warning.headline())
    _warn_of_broken_node_files(around, result)
    alone = on_disk and not (result.warnings or around.environment.asked)
    return Chosen(result.graph, flows, repeatable=alone)


def _weight(warning: Finding) -> int:
    """Return how loudly to say a warning: a node that cannot run is worth more than a hint."""
    return logging.WARNING if _stops_a_node(warning) else logging.INFO


def _stops_a_node(finding: Finding) -> bool:
    """Return whether a node, or the whole flow, cannot run because of a finding."""
    return finding.severity == "error" or finding.code in ("unknown-type", "node-file")


def _warn_of_broken_node_files(around: Surroundings, result: CheckResult) -> None:
    """Log the faults of the site's own node files that no node of the flow is the victim of."""
    told = [warning.message for warning in result.warnings if warning.code == "node-file"]
    for fault in around.registry.drop_in_faults().values():
        if not any(str(fault) in message for message in told):
            _LOG.warning("%s", fault)


def _print(findings: Sequence[Finding]) -> None:
    print("\n\n".join(finding.render() for finding in findings), file=sys.stderr)
