# SPDX-License-Identifier: Apache-2.0
"""Evidence for qualification tests of battery plants: what a simulated run can show, and what not.

Profiles are records of the kind ``evidence``, or a file of the user's own in the same form.
"""

from powermodel.evidence.assess import assess
from powermodel.evidence.profile import EvidenceError, Profile
from powermodel.evidence.row import Row
from powermodel.evidence.run import EvidenceRun

__all__ = ["EvidenceError", "EvidenceRun", "Profile", "Row", "assess"]
