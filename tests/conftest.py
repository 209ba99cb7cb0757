"""What holds for all tests."""

import os

from hypothesis import settings

# No deadlines: how fast this machine is proves nothing.  A run in CI repeats to the letter.
settings.register_profile("house", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("house")
