"""The rows of the list of routes that are about the program, its backups and its machine."""

from collections.abc import Iterable

from oppleo_flow.accounts.rights import Right
from webui.api import backup_copies as copied
from webui.api import backup_upload as taken
from webui.api import backups as kept
from webui.api import log as logged
from webui.api import system as program
from webui.api.audit import Deeds
from webui.api.backup_copies import BackupCopies
from webui.api.backup_upload import BackupUpload
from webui.api.backups import Backups
from webui.api.log import LogAsked, LogView
from webui.api.system import System
from webui.parts import Parts
from webui.reading import Nothing
from webui.route import Content, Route

LOOK, ADMINISTER = Right.LOOK, Right.ADMINISTER

# A table reads best in rows.
# fmt: off


def system_routes(parts: Parts, api: str) -> Iterable[Route]:
    """Return the rows, for a site of these parts, at addresses below `api`."""
    runtime, site, machine = parts.runtime, parts.site, parts.site.machine
    deeds = Deeds(parts.audit)
    log = LogView(machine)
    backups = Backups(runtime, site, machine, deeds)
    # The very backups that the routes have: they know whether one is being made.
    system = System(runtime, site, machine, deeds, backups=backups, log=log)
    of = f"{api}/system"
    return (
        Route("GET", of, system.show, LOOK, "Versions, and how the program is",
              answer=program.SystemAnswer),
        Route("POST", f"{of}/restart", system.restart, ADMINISTER, "Start the program anew",
              body=Nothing, answer=program.AskedAnswer, sure=True, status=202),
        Route("POST", f"{of}/reboot", system.reboot, ADMINISTER, "Start the machine anew",
              body=Nothing, answer=program.AskedAnswer, sure=True, status=202),
        Route("POST", f"{of}/shut-down", system.shut_down, ADMINISTER, "Switch the machine off",
              body=Nothing, answer=program.AskedAnswer, sure=True, status=202),
        Route("POST", f"{of}/newest", system.newest, ADMINISTER,
              "Ask for the newest version; nothing is installed", body=Nothing,
              answer=program.NewestAnswer),
        Route("GET", f"{of}/about", system.about, LOOK, "What this program is made with",
              answer=program.AboutAnswer),
        Route("GET", f"{of}/diagnostics", system.diagnostics, ADMINISTER,
              "All that helps to help, without secrets", answer=Content("application/json")),
        Route("GET", f"{api}/log", log.show, ADMINISTER, "The newest lines of the log",
              query=LogAsked, answer=logged.LogAnswer),
        Route("GET", f"{api}/log/download", log.download, ADMINISTER, "The newest file of the log",
              answer=Content("text/plain")),
        *_backup_routes(
            backups, BackupUpload(runtime, site, machine, deeds, backups),
            BackupCopies(runtime, site, machine, deeds), f"{api}/backups",
        ),
    )


def _backup_routes(
    backups: Backups, upload: BackupUpload, copies: BackupCopies, of: str
) -> Iterable[Route]:
    """Return what can be done with backups, of this machine and of others."""
    one = f"{of}/<name>"
    return (
        Route("GET", of, backups.show, ADMINISTER, "The backups, the newest first",
              answer=kept.BackupsAnswer),
        Route("POST", of, backups.make, ADMINISTER, "Make a backup, and verify it",
              body=kept.MakeBackup, answer=kept.MadeAnswer, sure=True, status=201),
        Route("POST", f"{one}/verify", backups.verify, ADMINISTER, "Read all of a backup",
              body=kept.VerifyBackup, answer=kept.VerifiedAnswer),
        Route("GET", f"{one}/file", backups.download, ADMINISTER, "A backup, to keep elsewhere",
              answer=Content("application/octet-stream"), sure=True),
        Route("POST", f"{one}/restore", backups.restore, ADMINISTER,
              "Put a backup in the site's place, and start anew", body=kept.RestoreBackup,
              answer=kept.RestoringAnswer, sure=True, status=202),
        Route("GET", f"{of}/taken-in/room", upload.room, ADMINISTER,
              "Whether a backup may be sent here", query=taken.RoomAsked,
              answer=taken.RoomAnswer, sure=True),
        Route("POST", f"{of}/taken-in", upload.take, ADMINISTER,
              "Take in a backup that was made elsewhere", query=taken.UploadAsked,
              body=Content(taken.KIND), answer=taken.TakenInAnswer, sure=True, status=201),
        Route("GET", f"{of}/copies", copies.show, ADMINISTER,
              "The copies of backups in other places", answer=copied.CopiesAnswer),
        Route("DELETE", f"{of}/copies/<name>", copies.delete, ADMINISTER,
              "Delete a copy of a backup", query=copied.CopyAsked,
              answer=copied.CopyGoneAnswer, sure=True),
        Route("DELETE", one, backups.delete, ADMINISTER, "Delete a backup",
              answer=kept.GoneAnswer, sure=True),
    )
