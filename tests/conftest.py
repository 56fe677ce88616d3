# SPDX-License-Identifier: Apache-2.0
"""Properties are tried on the same examples every time, so that a change is judged by itself.

``HYPOTHESIS_PROFILE=explore make test`` draws new examples, to look for what nobody thought of.
"""

import os

from hypothesis import settings

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))
