"""A machine for the tests of what looks after the program."""

from oppleo_flow.errors import Refused


class PaperMachine:
    """Implements `webui.machine.Machine`, and notes what it was asked."""

    def __init__(self, folder):
        self.folder = folder
        self.log_file = folder / "oppleo-flow.log"
        self.ledger = folder / "ledger.sqlite"
        self.simulated = False
        self.asked = []
        self.refuses = ""
        self.while_restoring = lambda: None

    def versions(self):
        return {"oppleo-flow": "1.2.3", "Python": "3.11"}

    def restart(self):
        self._do("restart")

    def reboot(self):
        self._do("reboot")

    def shut_down(self):
        self._do("shut down")

    def restore(self, backup, passphrase):
        opened = f" with {passphrase!r}" if passphrase else ""
        self.while_restoring()
        self._do(f"restore {backup.name}{opened}")

    def newest_version(self):
        self._do("newest")
        return "1.3.0"

    def licences(self):
        return [{"name": "bottle", "version": "0.13", "licence": "MIT"}]

    def diagnosis(self):
        return [{"what": "disk", "level": "ok", "text": "has room", "remedy": ""}]

    def _do(self, what):
        if self.refuses:
            raise Refused(self.refuses)
        self.asked.append(what)
