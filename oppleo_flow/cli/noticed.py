"""What happens in a flow is kept for the page, while the flow runs."""

import importlib
from collections.abc import Callable

from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.store import LedgerConnection
from webui.ports import SiteFacts


def notice(runtime: Runtime, site: SiteFacts) -> Callable[[], None]:
    """Begin to keep what happens, and return how to end; of a flow without a ledger it is nothing.

    What the ledger needs for its first row is imported with it.
    """
    links = runtime.graph.connections.values()
    if not any(issubclass(link.spec.cls, LedgerConnection) for link in links):
        return lambda: None
    importlib.import_module("oppleo_flow.store.rows")
    # Not at the top: a start has no use for it.
    from webui.noticing import Noticing  # noqa: PLC0415

    return Noticing(runtime, site).start().close
