"""The rows of the list of routes that are about hardware, and about the world of a simulation."""

from collections.abc import Iterable

from oppleo_flow.accounts.rights import Right
from webui.api import device_answers as answers
from webui.api import simulator as world
from webui.api.audit import Deeds
from webui.api.devices import Devices
from webui.api.simulator import Simulator
from webui.parts import Parts
from webui.route import Route

LOOK, CHARGE, ADMINISTER = Right.LOOK, Right.CHARGE, Right.ADMINISTER

# A table reads best in rows.
# fmt: off


def device_routes(parts: Parts, api: str) -> Iterable[Route]:
    """Return the rows, for a site of these parts, at addresses below `api`."""
    deeds, has_levers = Deeds(parts.audit), parts.levers is not None
    devices = Devices(parts.runtime, parts.feed, parts.site, deeds, has_levers=has_levers)
    simulator = Simulator(parts.levers)
    lever = f"{api}/simulator"
    return (
        Route("GET", f"{api}/devices", devices.show, LOOK, "The hardware of the flow",
              answer=answers.DevicesAnswer),
        Route("GET", f"{api}/devices/frames", devices.frames, LOOK, "What was said to devices",
              query=answers.FramesAsked, answer=answers.FramesAnswer),
        Route("POST", f"{api}/devices/test", devices.test, ADMINISTER,
              "Try a device while the flow runs",
              body=answers.Try, answer=answers.VerdictAnswer, sure=True),
        Route("GET", lever, simulator.show, LOOK, "The simulated world as it is",
              answer=world.WorldAnswer),
        Route("POST", f"{lever}/plug-in", simulator.plug_in, CHARGE, "Plug the car in",
              body=world.AtPoint, answer=world.WorldAnswer),
        Route("POST", f"{lever}/plug-out", simulator.plug_out, CHARGE, "Plug the car out",
              body=world.AtPoint, answer=world.WorldAnswer),
        Route("POST", f"{lever}/swipe", simulator.swipe, CHARGE, "Hold a card to the reader",
              body=world.Swipe, answer=world.WorldAnswer),
        Route("POST", f"{lever}/meter", simulator.meter, CHARGE, "Silence the meter, or not",
              body=world.Meter, answer=world.WorldAnswer),
        Route("POST", f"{lever}/evse", simulator.evse, CHARGE, "Break the SmartEVSE, or mend it",
              body=world.Evse, answer=world.WorldAnswer),
        Route("POST", f"{lever}/solar", simulator.solar, CHARGE, "Charge by the sun, or not",
              body=world.Solar, answer=world.WorldAnswer),
    )
