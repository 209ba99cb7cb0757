"""How a site's backups are: when the last one was verified, and whether it is still there."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from oppleo_flow.cli.command import PROGRAM
from oppleo_flow.cli.diagnosis import Diagnosis, number, well, worth_a_look
from oppleo_flow.cli.site import Site
from oppleo_flow.store.backup.making import LAST

_OLD: Final = timedelta(days=35)  # who backs up once a month, and a few days
_REMEDY: Final = f"{PROGRAM} db backup; a node `backup` does it by itself"


def backups(site: Site, now: datetime) -> Diagnosis | None:
    """Return how old the last verified backup is; None where there is nothing to back up yet."""
    if not site.ledger.exists():
        return None
    try:
        last = json.loads(site.ledger.with_name(LAST).read_text(encoding="utf-8"))
        file, size, at = Path(last["file"]), last["size"], datetime.fromisoformat(last["at"])
    except FileNotFoundError:
        return worth_a_look("backup", "none has been made yet", _REMEDY)
    except (OSError, ValueError, KeyError, TypeError) as error:
        return worth_a_look("backup", f"when the last was made cannot be read: {error}", _REMEDY)
    age = number(max(0, (now - at).days), "day")
    if not file.is_file() or file.stat().st_size != size:
        return worth_a_look("backup", f"{file} was verified {age} ago and is gone", _REMEDY)
    if now - at > _OLD:
        return worth_a_look("backup", f"the last was verified {age} ago: {file}", _REMEDY)
    return well("backup", f"{file} was verified {age} ago")
