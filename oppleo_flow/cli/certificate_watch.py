"""Taking in a renewed certificate while a site runs, so that nobody needs to start it anew.

Who renews certificates writes the files and says nothing.  Until both are whole and belong
together the one before serves on, and it is told what is wrong with the new one.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from oppleo_flow.cli.settled_files import SettledFiles
from oppleo_flow.errors import ConfigError, StoreError
from oppleo_flow.whole_file import write_whole
from webui.server import WebServer
from webui.tls import Certificate

_LOG: Final = logging.getLogger(__name__)
_ABOUT: Final = "certificate"
_COPY: Final = Path(".oppleo/certificate.pem")

Tell = Callable[[str | None, str], object]
"""Lets everybody see a trouble about something, until it is None."""


class CertificateWatch:
    """Looks at the files of a certificate now and then.

    A copy of the chain that is served stands in the site's folder, so that commands know the site
    by it, also while the file itself holds something else.
    """

    def __init__(self, certificate: Certificate, folder: Path) -> None:
        self.copy = folder / _COPY
        self._certificate = certificate
        self._files = SettledFiles(lambda: certificate)
        self._trouble = ""
        self._keep_copy()

    def look(self, server: WebServer, tell: Tell) -> None:
        """Look once; serve what has changed, or tell why that cannot be."""
        if not self._files.changed() and not self._trouble:
            return
        try:
            server.renew(self._certificate)
        except ConfigError as error:
            if str(error) != self._trouble:
                self._trouble = str(error)
                _LOG.error("%s; the certificate of before is served", error)
                tell(f"{error}; the certificate of before is served", _ABOUT)
            return
        self._keep_copy()
        self._trouble = ""
        tell(None, _ABOUT)
        _LOG.info("web: certificate %s was renewed", self._certificate.chain)

    def _keep_copy(self) -> None:
        try:
            write_whole(self.copy, self._certificate.chain.read_bytes())
        except (OSError, StoreError) as error:
            _LOG.warning("commands will not know this runtime by its certificate: %s", error)
