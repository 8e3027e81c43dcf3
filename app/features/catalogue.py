"""All features, in the order of their entries in the menus."""

from __future__ import annotations

from collections.abc import Callable

from app.features.alerts import StandingAlerts
from app.features.auditor import Auditor
from app.features.card import CardFeature
from app.features.compare import Compare
from app.features.crowds import Crowds
from app.features.drawing import Drawing
from app.features.feature import Context, Feature
from app.features.hints import Hints
from app.features.locking import Locking
from app.features.minding import Minding
from app.features.orders import Orders
from app.features.quality import QualityChoice
from app.features.recovery import Recovery
from app.features.requests import Requests
from app.features.scenarios import Scenarios
from app.features.second_map import SecondMap
from app.features.snapshots import Snapshots
from app.features.trails import Trails
from app.features.views import Views
from app.features.wall import Wall
from app.instruments.feature import Instruments
from app.workbenches.fraud.bench import fraud_bench
from app.workbenches.operations.bench import operations_bench
from app.workbenches.traffic.guidance import Advising
from app.workbenches.traffic.jams import Jams
from app.workbenches.traffic.rehearsing import Rehearsals
from app.workbenches.traffic.waves import Waves

FEATURES: tuple[Callable[[Context], Feature], ...] = (
    Views,
    SecondMap,
    Wall,
    Hints,
    Drawing,
    Instruments,
    Compare,
    Crowds,
    Trails,
    Locking,
    Requests,
    Orders,
    Auditor,
    StandingAlerts,
    Scenarios,
    CardFeature,
    Snapshots,
    QualityChoice,
    operations_bench,
    fraud_bench,
    Jams,
    Waves,
    Rehearsals,
    Advising,
    Minding,
    Recovery,
)
