"""Say what Home Assistant's own schemas think of discovery messages; runs in its environment.

Reads a list of [platform, message] as JSON from standard input, and writes what is wrong with each:
null for one that is right.
"""

import importlib
import json
import sys


def main() -> None:
    """Judge what comes in."""
    from voluptuous import Invalid  # noqa: PLC0415  (only where Home Assistant is)

    verdicts = []
    for platform, message in json.load(sys.stdin):
        schema = importlib.import_module(f"homeassistant.components.mqtt.{platform}")
        try:
            schema.DISCOVERY_SCHEMA(message)
            verdicts.append(None)
        except Invalid as error:
            verdicts.append(f"{type(error).__name__}: {error}")
    json.dump(verdicts, sys.stdout)


if __name__ == "__main__":
    main()
