"""What people read who are not at the machine, in their language: notices, e-mails, statements.

    say = wording("nl")
    say("unit.sessions", count=3)            # 3 sessies
    say.money(Decimal("1234.5"), "EUR")      # € 1.234,50

The texts of a language are a file beside this one, read when first asked for.  Commands, logs and
errors are in English: people search for them.
"""

from oppleo_flow.wording.catalogue import LANGUAGES, Language
from oppleo_flow.wording.language import Wording, wording

__all__ = ["LANGUAGES", "Language", "Wording", "wording"]
