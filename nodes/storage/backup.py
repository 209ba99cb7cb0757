"""Back up the site at each tick: its ledger, state, flows, settings and archived statements.

```yaml
nightly: {type: schedule, each: day, at: 03:30, missed: run-once, keep: durable}

backup:
  type: backup
  from: nightly
  passphrase: !secret backup_passphrase
  copy_to: [/mnt/nas/backups]
  kept: 14
```

**What is in it.** The ledger, the flow's state and the audit as they were at one moment, though
charging goes on meanwhile; `flows`, `subflows`, the site's own `nodes`, `oppleo.yaml`, the archived
statements and the earlier versions of the flow. `secrets.yaml` is in it only when it is encrypted.

**When it counts.** The file is written, read again from the disk, and every byte and database in it
checked; then it gets its name. Only then the oldest goes that is more than `kept`, never another's
file. A copy is read back where it lies, too, before it counts.

**When it fails**, the fault `backup-failed` says why until one has succeeded: the page shows it,
and whoever is told of `flow.status` hears it as the event `backup`, and again when it is over. It
is tried again `retries` times. A copy that fails is a failure, though the backup itself stays.

**Encrypted** with a `passphrase`, in the format of `age`: without this program, `age -d` opens it
and `tar` unpacks it. Keep the passphrase elsewhere as well: without it nobody can help.

**Where to.** A folder in `copy_to` must be there, so that a disk that is not mounted is noticed. A
share is `smb://server/share/folder`, for which `pip install 'oppleo-flow[backup]'` is needed. What
is simulated is copied nowhere.

`oppleo-flow db restore FILE` puts a backup back, `oppleo-flow db backups` lists them. Days of the
week or of the month are the business of `schedule`: on the 1st and the 15th is
`cron: "30 3 1,15 * *"`.
"""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, SecretStr

from oppleo_flow import Example, Node, NodeConfig, Out, Seconds, Timer, VirtualClock
from oppleo_flow.errors import StoreError
from oppleo_flow.node import StopReason
from oppleo_flow.payloads import BackupMade, BackupStep, Tick
from oppleo_flow.store import StoreLocation
from oppleo_flow.store.backup.child import BackupChild
from oppleo_flow.store.backup.request import (
    DEFAULT_FOLDER,
    DEFAULT_KEEP,
    BackupRequest,
    Share,
    check_address,
)

_FAILED: Final = "backup-failed"
_LOOK_S: Final = 0.5
Step = Literal["started", "completed", "failed", "passed-over"]


class BackupConfig(NodeConfig):
    """Settings of a `backup` node."""

    folder: str = Field(
        DEFAULT_FOLDER,
        min_length=1,
        description="Where to; within the site's folder, if relative.",
    )
    kept: int | Literal["all"] = Field(
        DEFAULT_KEEP, ge=1, description="How many of this charge point's stay, or `all`."
    )
    passphrase: SecretStr | None = Field(
        None, min_length=8, description="Encrypts it; only then it has the secrets."
    )
    copy_to: tuple[Annotated[str, AfterValidator(check_address)], ...] = Field(
        (), description="Folders, or shares as `smb://server/share/folder`, for copies."
    )
    smb_user: str = Field("", description="Who signs in at the shares.")
    smb_password: SecretStr | None = Field(None, description="His password there.")
    retries: int = Field(3, ge=0, le=100, description="How often one that failed is tried again.")
    retry_after: Seconds = Field(
        "1h", validate_default=True, gt=0, description="How long after it failed."
    )
    timeout: Seconds = Field(
        "2h",
        validate_default=True,
        gt=0,
        description="How long it may take; what takes longer is ended, and fails.",
    )


class Backup(Node[BackupConfig]):
    """Back up the site at each tick.

    Input:
        A `Tick`; one that comes while a backup is being made is passed over.

    Output:
        * `made`: a `BackupMade`, once it and all its copies are verified.
        * `step`: a `BackupStep` when one starts, is completed, fails or is passed over.

    Raises:
        Nothing: a failure is the fault `backup-failed`.

    Source:
        The format of encrypted backups: https://age-encryption.org/v1.
    """

    type_name = "backup"
    icon = "database-backup"
    blocking = True
    made: Out[BackupMade]
    step: Out[BackupStep]
    examples = [
        Example(
            config={"kept": 14},
            send=Tick.sample(),
            doc="What it sends has the file's size and hash, which are never the same.",
        )
    ]

    def start(self) -> None:
        """Wait for a tick."""
        self._child: BackupChild | None = None
        self._timer: Timer | None = None
        self._begun_s = 0.0
        self._tries_left = 0

    def stop(self, reason: StopReason) -> None:
        """End what is being made; a half-written file goes with the next backup."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def on_message(self, tick: Tick) -> None:
        """Begin a backup."""
        if self._child is not None:
            self.log.warning("passed over: the backup before is still being made")
            self._tell("passed-over")
            return
        if self._timer is not None:
            self._timer.cancel()
        self._tries_left = self.config.retries
        self._begin()

    def _begin(self) -> None:
        self._timer = None
        self._begun_s = self.clock.monotonic()
        try:
            self._child = BackupChild(self._request())
        except StoreError as error:
            self._failed(error)
            return
        self.status("ok", "a backup is being made")
        self._tell("started")
        if isinstance(self.clock, VirtualClock):  # which would be hours ahead when it is done
            self._child.wait()
        self._look()

    def _look(self) -> None:
        """See whether the backup is made; if not, look again."""
        child = self._child
        if child is None:
            return
        if not child.is_done:
            if self.clock.monotonic() - self._begun_s < self.config.timeout:
                self._timer = self.after(_LOOK_S, self._look)
                return
            child.end()
            self._child = None
            self._failed(StoreError(f"backup: not done after {self.config.timeout:g} s, and ended"))
            return
        self._child = None
        try:
            made = child.result()
        except StoreError as error:
            self._failed(error)
            return
        self._send(made)

    def _send(self, made: BackupMade) -> None:
        self.clear(_FAILED)
        named = made.with_(file=self._name(made.file))
        copies = f", and {len(made.copies)} more" if made.copies else ""
        self.status("ok", f"{Path(made.file).name} is verified{copies}")
        self.made.send(named)
        self._tell("completed")

    def _failed(self, error: StoreError) -> None:
        """Say what is wrong until a backup succeeds, and try again if that may still be done."""
        self.fault(_FAILED, str(error))
        self.log.error("%s", error)
        self._tell("failed", str(error))
        if self._tries_left > 0:
            self._tries_left -= 1
            self._timer = self.after(self.config.retry_after, self._begin)

    def _tell(self, step: Step, reason: str = "") -> None:
        self.step.send(BackupStep(step, self.clock.now(), reason))

    def _request(self) -> BackupRequest:
        config, site = self.config, self.site
        return BackupRequest(
            site=site.folder,
            ledger=site.service(StoreLocation).path,
            charge_point=site.charge_point,
            simulated=site.simulate,
            folder=site.folder / config.folder,
            created_at=self.clock.now(),
            keep=config.kept,
            passphrase=_shown(config.passphrase),
            copy_to=() if site.simulate else config.copy_to,
            share=Share(config.smb_user, _shown(config.smb_password)),
        )

    def _name(self, file: str) -> str:
        """Return a file's name within the site's folder; the whole of it where it is elsewhere."""
        path = Path(file)
        inside = path.is_relative_to(self.site.folder)
        return str(path.relative_to(self.site.folder)) if inside else file


def _shown(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value()
