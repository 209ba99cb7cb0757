"""What a check needs to know besides the file."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import field

from oppleo_flow.flowfile.cases import WorldWords
from oppleo_flow.flowfile.secrets import SecretSource
from oppleo_flow.immutable import immutable


def no_site(kind: str) -> Collection[str] | None:
    """Return None: nothing is known of a site."""
    return None


@immutable
class CheckSettings:
    """What a check needs to know besides the file.

    `variables` override those of the flows, as `--set` does; `environ` is what `$(env.NAME)` reads;
    `simulate` puts every connection on its simulated twin.  With `placeholders`, a node whose type
    is not there is a warning, and stands in the graph as missing, instead of an error.  `texts`
    are used in place of what the files of those names contain.  `world_words` is what the tests of
    a flow may say of a world; asked only where there are tests.  `site_names` tells what the site
    has of a kind, such as `calendars`, for options that name one; None where there is no site.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    secrets: SecretSource | None = None
    simulate: bool = False
    placeholders: bool = False
    texts: Mapping[str, str] = field(default_factory=dict)
    world_words: Callable[[], WorldWords] = WorldWords
    site_names: Callable[[str], Collection[str] | None] = no_site
