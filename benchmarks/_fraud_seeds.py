"""Seeds of the fraud benchmarks: what a model or an order may be chosen by, and what only the verdict uses."""

from __future__ import annotations

from twin.traffic.rehearsal import seeds

CHOOSING = seeds("fraud, choosing", 6)
VERDICT = seeds("fraud, verdict", 6)
