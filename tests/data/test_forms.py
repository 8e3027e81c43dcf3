"""Forms are learnt while modules are imported, so that no two threads learn one at once."""

from __future__ import annotations

import subprocess
import sys

LEARNS = """
import sys, threading
import msgspec, msgspec._utils
from pathlib import Path
import data.operations.plans, data.operations.rows, data.rules.files, data.rules.remembering, data.store.kept
import data.access_rules, data.accounts.orders, data.accounts.requests, data.accounts.store, data.accounts.tickets
import data.audit.settings, data.history.policy, data.sync.zones
from data.home import Home

def learnt(*_):
    raise SystemExit("msgspec learns a form after the imports")

msgspec._utils._forward_ref = learnt
home = Home(*[Path("nowhere")] * 4)
assert len(data.rules.files.Folder.of(home).scenarios) == 38
assert data.operations.plans.plans_of(home) and data.operations.plans.agencies_of(home)
assert data.access_rules.rules_of(home) and data.audit.settings.audit_settings(home)
assert data.history.policy.policy_of(home) and data.sync.zones.zones_of(home)
for form in (data.accounts.store.Scope, data.accounts.orders.Terms, data.accounts.requests.Deed):
    msgspec.json.Decoder(form)
"""


def test_nothing_is_learnt_once_modules_are_imported() -> None:
    ended = subprocess.run([sys.executable, "-c", LEARNS], capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
