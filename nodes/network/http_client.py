"""A web client that nodes share, for notifications and other services.

```yaml
connections:
  web: {type: http-client, timeout: 10s}
```

Each request is sent once: whether it is tried again is for the node that sent it to say, with
`on_error`. Redirections are not followed. Proxies are taken from the environment
(`HTTPS_PROXY`). Simulated, nothing leaves this machine: a SmartEVSE of the simulated world answers
by the address that a flow has for it, and the client remembers what else it would have sent.
"""

from pydantic import Field

from oppleo_flow import Connection, DeviceMissing, NodeConfig, Seconds
from oppleo_flow.devices.http import (
    HttpClient,
    HttpRequest,
    HttpResponse,
    RecordingClient,
    RequestsClient,
)
from oppleo_flow.devices.smart_evse_twin import EvsesByHttp
from oppleo_flow.devices.world import world_if_any


class HttpClientConfig(NodeConfig):
    """Settings of an `http-client` connection."""

    timeout: Seconds = Field(
        "10s", validate_default=True, gt=0, description="For the whole of a request."
    )
    max_response_bytes: int = Field(
        1_000_000, ge=1, description="An answer that is longer is refused."
    )


class HttpClientConnection(Connection[HttpClientConfig], HttpClient):
    """A web client that nodes share."""

    type_name = "http-client"
    icon = "globe"
    _client: HttpClient | None = None
    _remembers: RecordingClient | None = None

    def open(self) -> None:
        """Make the client; nothing is sent yet."""
        if self.simulated:
            self._remembers = RecordingClient(self.log)
            world = world_if_any(self.site)
            self._client = EvsesByHttp(world, self._remembers) if world else self._remembers
        else:
            self._client = RequestsClient(
                timeout_s=self.config.timeout,
                max_bytes=self.config.max_response_bytes,
                clock=self.clock,
            )

    def close(self) -> None:
        """Let go of open connections."""
        if self._client is not None:
            self._client.close()

    def send(self, request: HttpRequest) -> HttpResponse:
        """Send a request and return the answer."""
        if self._client is None:
            raise DeviceMissing(f"connection {self.name!r}: is not open")
        return self._client.send(request)

    @property
    def would_have_sent(self) -> tuple[HttpRequest, ...]:
        """Return what a simulated client remembers; a real one remembers nothing."""
        return () if self._remembers is None else self._remembers.remembered

    @property
    def status(self) -> str:
        """Return how the client is, in a few words."""
        if self._remembers is None:
            return ""
        sent = self._remembers.remembered
        last = f", last to {sent[-1].server}" if sent else ""
        return f"simulated: {self._remembers.count} not sent{last}"
