"""The levers of the simulated world."""

from collections.abc import Mapping
from typing import Any, TypeVar

from bottle import request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from webui.ports import Levers
from webui.problem import problem

_MOST_BYTES = 16 * 1024
BodyT = TypeVar("BodyT", bound=BaseModel)


class Nothing(BaseModel):
    """The body of a lever that needs no more than to be pulled."""

    # Deferred: a start has no use for a validator of what a page may send.
    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


class AtPoint(Nothing):
    """At which charge point."""

    at: str | None = Field(None, max_length=200, description="Its name; null: the first.")


class Swipe(AtPoint):
    """Which card to hold to the reader."""

    card: str = Field(min_length=1, max_length=64, description="Its name, or its UID in hex.")


class Meter(AtPoint):
    """Whether the meter keeps silent."""

    silent: bool = Field(description="True: it answers nothing, as with a cut wire.")


class Simulator:
    """The routes of `/api/v1/simulator`; `levers` is None on real hardware."""

    def __init__(self, levers: Levers | None) -> None:
        self._found = levers

    @property
    def _levers(self) -> Levers:
        if self._found is None:
            raise problem(
                404,
                "not-simulated",
                "this site runs on real hardware; start it with --simulate to have these levers",
            )
        return self._found

    def show(self) -> Mapping[str, Any]:
        """Answer `GET /api/v1/simulator`: the world as it is."""
        return dict(self._levers.snapshot())

    def plug_in(self) -> Mapping[str, Any]:
        """Answer `POST /api/v1/simulator/plug-in`."""
        levers = self._levers
        levers.plug_in(point=read_body(AtPoint).at)
        return self.show()

    def plug_out(self) -> Mapping[str, Any]:
        """Answer `POST /api/v1/simulator/plug-out`."""
        levers = self._levers
        levers.plug_out(point=read_body(AtPoint).at)
        return self.show()

    def swipe(self) -> Mapping[str, Any]:
        """Answer `POST /api/v1/simulator/swipe`."""
        levers = self._levers
        body = read_body(Swipe)
        levers.swipe(body.card, point=body.at)
        return self.show()

    def meter(self) -> Mapping[str, Any]:
        """Answer `POST /api/v1/simulator/meter`."""
        levers = self._levers
        body = read_body(Meter)
        levers.silence_meter(body.silent, point=body.at)
        return self.show()


def read_body(kind: type[BodyT], most_bytes: int = _MOST_BYTES) -> BodyT:
    """Return the request's JSON body, checked.

    JSON is asked for by name because a browser lets no stranger's page send it unasked.
    """
    if request.get_header("Content-Type", "").partition(";")[0].strip() != "application/json":
        raise problem(415, "not-json", "the body must be JSON, with Content-Type application/json")
    length = request.content_length
    if length < 0:
        raise problem(411, "no-length", "the request must say how long its body is")
    if length > most_bytes:
        raise problem(413, "too-long", f"at most {most_bytes} bytes are read, got {length}")
    try:
        return kind.model_validate_json(request.body.read(most_bytes))
    except ValidationError as error:
        raise problem(
            422, "wrong-body", "the body is not what this address takes", errors=_errors(error)
        ) from error


def _errors(error: ValidationError) -> list[dict[str, str]]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [{"at": ".".join(map(str, one["loc"])), "message": one["msg"]} for one in found]
