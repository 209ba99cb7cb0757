"""A restore that was asked for while the site runs: it is done at the next start, before all else.

Nothing is open then, so the files can be put in each other's place; unpacked and checked they are
already.  The wish goes before it is done: one that fails is not tried for ever, and the site goes
on as it was.  One that was interrupted in the middle is finished.
"""

import json
import logging
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from oppleo_flow.clock import SystemClock
from oppleo_flow.errors import OppleoError
from oppleo_flow.whole_file import draft_beside, settle, writing

if TYPE_CHECKING:
    from oppleo_flow.store.backup.restoring import Restored

WISH: Final = ".oppleo/restore-wanted.json"
_BEGUN: Final = ".oppleo/restore.json"  # as `restoring.JOURNAL`, whose import costs start-up time
_LOG: Final = logging.getLogger(__name__)


def want(folder: Path, backup: Path) -> None:
    """Write down that a backup is to be put in the place of a site.

    Raises:
        StoreError: It cannot be written down.
    """
    wish = folder / WISH
    draft = draft_beside(wish)
    with writing(wish):
        draft.write_text(json.dumps({"backup": str(backup)}), encoding="utf-8")
        settle(draft, wish)


def do_wanted(folder: Path) -> str | None:
    """Do the restore that was asked for; return what became of it, None where none was."""
    wish, begun = folder / WISH, folder / _BEGUN
    if not (wish.exists() or begun.exists()):
        return None
    # Not at the top: a start nearly never restores anything.
    from oppleo_flow.store.backup.preparing import forget, restore_prepared  # noqa: PLC0415
    from oppleo_flow.store.backup.restoring import finish  # noqa: PLC0415

    try:
        if begun.exists():
            wish.unlink(missing_ok=True)
            finished = finish(folder)
            assert finished is not None
            return _told("a backup", finished[1])
        backup = Path(json.loads(wish.read_text(encoding="utf-8"))["backup"])
        wish.unlink()
        return _told(backup.name, restore_prepared(folder, SystemClock().now()))
    except (OSError, ValueError, KeyError, OppleoError) as error:
        wish.unlink(missing_ok=True)
        with suppress(OSError):
            forget(folder)
        return f"the restore failed: {error}"


def _told(name: str, done: "Restored") -> str:
    return f"restored {name}, of {done.created_at}; what was before is in {done.aside}"
