"""Green waves in the window: an arterial is chosen, planned in the background, drawn, changed by hand, and released."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from app import formats
from app.commands import Call, Command
from app.features.feature import Context, Entry, Feature
from app.jobs import Cancelled, Report
from app.opening import Opened
from app.workbenches.traffic.time_space import Drawn
from app.workbenches.traffic.waves_panel import Planned, Shown, WavesPanel
from data.home import Home
from data.signals import gateway, releases
from data.signals.gateway import Switched
from data.signals.releases import Release
from data.traffic.days import is_working_day
from data.traffic.demand import Known, wished
from data.traffic.rehearsing import Request, rehearse
from data.traffic.store import TrafficStore
from twin.access import Resource
from twin.city.city import City
from twin.errors import UsageError
from twin.requests import Deed
from twin.signals.check import verify
from twin.signals.corridor import corridors
from twin.signals.watch import astray
from twin.signals.wave import bands_of, each_wave
from twin.traffic.effect import Effect, effect
from twin.traffic.graph import road_graph
from twin.traffic.jams import DAY_S
from twin.traffic.rehearsal import ACTUATED, COORDINATED, FIXED, LEAVE, Rehearsed
from twin.traffic.slots import SLOT_S
from twin.words import Said, say

WATCH_MS = 5_000
MEASURES = (LEAVE, FIXED, COORDINATED, ACTUATED)
REHEARSED = {"minutes": 15.0, "choosing": 2, "verdict": 3}


class Waves(QObject, Feature):
    """Plans green waves for the arterials of the twin that is open."""

    _found = Signal(int, object)
    """Number of the question and what was found so far, from the thread that looks for waves."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._desk = context.desk
        self.panel = WavesPanel(context.desk)
        self.panel.dragged.connect(self._on_dragged)
        self.panel.seen.connect(self.look)
        self._city: City | None = None
        self._asked_for = 0
        self._found.connect(self._on_found)
        self._released: Release | None = None
        self._twin, self._opened_s = "", time.time()
        self._timer = QTimer(self)
        self._timer.setInterval(WATCH_MS)
        self._timer.timeout.connect(self._watch)
        context.opening.opened.connect(self._on_opened)

    def entries(self) -> Iterator[Entry]:
        """Return what can be done with an arterial."""
        yield Entry(Command("wave.plan", self._plan, "signal.plan"), "traffic", "traffic-sign")
        yield Entry(Command("wave.shift", self._shift, "signal.plan", in_palette=False), told=False)
        yield Entry(
            Command("wave.release", self._release, "signal.plan", needs_purpose=True), "traffic", "paper-plane-right"
        )
        yield Entry(Command("wave.back", self._back, "signal.back", "Ctrl+Alt+Z"), "traffic", "arrow-u-up-left")

        yield Entry(Command("wave.rehearse", self._rehearse, "simulation.run"), "traffic", "flask")
        yield Entry(Command("wave.effect", self._effect, "traffic.read"), "traffic", "chart-line")

    def panels(self) -> Mapping[str, QWidget]:
        """Return the diagram's panel."""
        return {"waves": self.panel}

    def close(self) -> None:
        """Watch no more."""
        self._timer.stop()

    def look(self) -> None:
        """List the arterials of the twin, off this thread, once a twin; see what was released from elsewhere."""
        if self._twin and self._released is None:
            self._recall()
        city = self._desk.live.city
        if city is not None and city is not self._city and not self._desk.jobs.is_running("corridors"):
            self._city = city
            self._desk.jobs.submit(
                "job.corridors", lambda *_: corridors(city), self.panel.show_corridors, key="corridors", quiet=True
            )

    def _on_opened(self, opened: Opened) -> None:
        self._city, self._twin, self._opened_s = None, opened.name, time.time()
        self._released = None
        self._timer.stop()
        self.panel.show_state("", released=False)
        self._recall()
        self.panel.show_corridors(())
        if self.panel.isVisible():
            self.look()

    def _plan(self, call: Call) -> None:
        """Plan the chosen arterial, or the one named ``road``; each cycle's wave is shown as soon as it is there."""
        corridor = self.panel.corridor(str(call.arguments.get("road", "")))
        if corridor is None:
            raise UsageError("choose an arterial in the list first")
        city, number = self._desk.live.city, self._asked_for + 1
        if city is None:
            raise UsageError("open a twin first")
        known = Known(self._desk.session.home, self._twin, self._now_s())
        self._asked_for = number

        def work(report: Report, cancelled: Cancelled) -> Planned:
            streams, wish = wished(city, road_graph(city), corridor, known)
            found = Planned(wish.corridor, (), streams.origin)
            for share, candidate in each_wave(wish, cancelled):
                found = replace(found, waves=tuple(sorted((*found.waves, candidate), key=lambda each: -each.score)))
                self._found.emit(number, found)
                report(share, f"{candidate.cycle_s:.0f} s")
            return found

        self._desk.jobs.submit(
            "job.wave", work, lambda found: self._on_found(number, found), self.panel.tell, key="wave"
        )

    def _on_found(self, number: int, found: Planned) -> None:
        """Show what there is so far, unless another plan was asked for meanwhile."""
        if number == self._asked_for:
            self.panel.show_waves(found)

    def _now_s(self) -> float:
        world = self._desk.live.world
        return time.time() if world is None else world.at_s

    def _shift(self, call: Call) -> None:
        """Give one signal, ``row``, another offset."""
        shown = self.panel.shown
        if shown is None:
            raise UsageError("plan a green wave first")
        row = int(call.arguments["row"])
        self.panel.show_changed(shifted(shown, row, float(call.arguments["value"])))

    def _rehearse(self, call: Call) -> None:
        """Try the plan that is shown in simulation, beside leaving all as it is and two other ways."""
        plans, road, city = self._asked().drawn.plans, self.panel.corridor(self.panel.road), self._desk.live.city
        if road is None or city is None:
            raise UsageError("plan a green wave first")
        corridor, known = road.part(0, len(plans)), Known(self._desk.session.home, self._twin, self._now_s())
        texts, asked = self._desk.look.texts, {**REHEARSED, **call.arguments}

        def work(report: Report, cancelled: Cancelled) -> Rehearsed:
            graph = road_graph(city)
            streams, _ = wished(city, graph, corridor, known)
            request = Request(
                city, graph, corridor, plans, streams, MEASURES, (), int(asked["choosing"]), int(asked["verdict"]),
                60.0 * float(asked["minutes"]),
            )  # fmt: skip
            return rehearse(request, lambda share, mode: report(share, texts(f"rehearsal.mode.{mode}")), cancelled)

        self._desk.jobs.submit("job.rehearse", work, self.panel.show_rehearsed, self.panel.tell, key="rehearse")

    def _particulars(self) -> Mapping[str, str]:
        """Return what exactly a second person confirms: the road, and every second of its plans."""
        shown = self._asked()
        plans = shown.drawn.plans
        mark = hashlib.sha256(repr(plans).encode()).hexdigest()[:16]
        offsets = " ".join(f"{plan.offset_s:.0f}" for plan in plans)
        return {"road": self.panel.road, "cycle": f"{plans[0].cycle_s:.0f}", "offsets": offsets, "plan": mark}

    def _asked(self) -> Shown:
        if self.panel.shown is None:
            raise UsageError("plan a green wave first")
        return self.panel.shown

    def _release(self, call: Call) -> None:
        """Send the plans that are shown, have them read back and run; all or none.

        That it may be sent, and who confirmed it, is asked where it is sent: off the window's thread.
        """
        deed = Deed("signal.send", Resource("wave.release", self.panel.road), self._particulars(), call.purpose)
        drawn, home, who, twin = self._asked().drawn, self._desk.session.home, call.actor.id, self._twin
        plans = tuple(zip(drawn.corridor.junctions, drawn.plans, strict=True))
        names = {junction.id: junction.name for junction, _ in plans}

        def work(*_: object) -> Release:
            with call.held(deed):
                return send()

        def send() -> Release:
            now, told = time.time(), list[Release]()

            def remember(switched: Switched) -> None:
                told.append(Release(now, who, twin, drawn.corridor.name, names, switched, drawn.plans))
                releases.remember(home, told[0])

            with releases.undone_on_failure(home, told, who):
                gateway.release(gateway.gateway_of(home), plans, now, remember)
            return told[0]

        self._desk.jobs.submit("job.release", work, self._on_released, self.panel.tell, key="release")

    def _on_released(self, release: Release | None) -> None:
        """Watch what was released, now or before this window was opened."""
        self._released = release
        if release is None:
            return
        self._timer.start()
        self.panel.show_state(self._told(release), released=True)

    def _told(self, release: Release) -> str:
        key = "waves.released_day" if release.days else "waves.released"
        return self._desk.look.texts(
            key, count=len(release.names), road=release.road, who=release.who,
            time=f"{formats.local_time(release.at_s):%m-%d %H:%M}",
        )  # fmt: skip

    def _back(self, call: Call) -> None:
        """Have all controllers run what they ran before the last release, whoever made it."""
        release, home, who = self._released, self._desk.session.home, call.actor.id
        if release is None:
            raise UsageError("nothing is released from this twin")

        def done(_: None) -> None:
            self._released = None
            self._timer.stop()
            self.panel.show_state(self._desk.look.texts("waves.went_back"), released=False)
            self._recall()

        def work(*_: object) -> None:
            gateway.go_back(gateway.gateway_of(home), release.switched.before)
            releases.went_back(home, release, who, time.time())

        self._desk.jobs.submit("job.back", work, done, self.panel.tell, key="release")

    def _effect(self, _: Call) -> None:
        """Compare what was measured on the road before and since the release."""
        release, home, city = self._released, self._desk.session.home, self._desk.live.city
        if release is None or city is None:
            raise UsageError("nothing is released from this twin")
        self._desk.jobs.submit(
            "job.effect", lambda *_: measured_effect(home, city, release), self.panel.show_effect, self.panel.tell,
            key="effect",
        )  # fmt: skip

    def _recall(self) -> None:
        """Find what is released and not taken back."""
        home, twin = self._desk.session.home, self._twin
        self._desk.jobs.submit(
            "job.recall", lambda *_: releases.standing(home, twin), self._on_released, self.panel.tell, key="recall",
            quiet=True,
        )  # fmt: skip

    def _watch(self) -> None:
        """Ask the controllers what they do, and tell of those who do not do what they confirmed."""
        release, home, since_s = self._released, self._desk.session.home, self._opened_s
        if release is None or self._desk.jobs.is_running("signal-watch") or self._desk.jobs.is_running("release"):
            return

        def work(*_: object) -> list[Said]:
            seen = gateway.seen(gateway.gateway_of(home), tuple(release.names), time.time)
            now = time.time()
            wrong = {key: astray(duty, seen.get(key), now) for key, duty in release.duties(since_s, now).items()}
            return [say("{name}: {wrong}", name=release.names[key], wrong=text) for key, text in wrong.items() if text]

        self._desk.jobs.submit(
            "job.watch_signals", work, self._on_watched, self.panel.tell, key="signal-watch", quiet=True
        )

    def _on_watched(self, wrong: list[Said]) -> None:
        texts = self._desk.look.texts
        if self._released is None:
            return
        wrongs = "\n".join(texts.said(sentence) for sentence in wrong)
        words = f"{self._told(self._released)}\n{wrongs or texts('waves.in_step', count=len(self._released.names))}"
        self.panel.show_state(words, released=self._released is not None)

    def _on_dragged(self, row: int, offset_s: float) -> None:
        self._desk.run("wave.shift", row=row, value=offset_s)


def shifted(shown: Shown, row: int, offset_s: float) -> Shown:
    """Return a wave with another offset at one signal, its bands walked anew."""
    plans = tuple(plan.shifted(offset_s) if at == row else plan for at, plan in enumerate(shown.drawn.plans))
    verify(shown.drawn.corridor.junctions[row], plans[row])
    band_s, advice = bands_of(shown.drawn.corridor, plans)
    return replace(shown, drawn=Drawn(shown.drawn.corridor, plans, advice), band_s=band_s, by_hand=True)


def measured_effect(home: Home, city: City, release: Release) -> Effect | None:
    """Return what the release did: a week before and since, at the same hours of the same kind of day."""
    graph = road_graph(city)
    store = TrafficStore.of(home, release.twin, graph)
    before = store.between(release.at_s - 7 * DAY_S, release.at_s)
    after = store.between(release.at_s, release.at_s + 7 * DAY_S)
    kinds = [np.array([not is_working_day(at * SLOT_S) for at in side.slot.tolist()], np.int64)
             for side in (before, after)]  # fmt: skip
    links = (city.table("roads")["name"].to_numpy(object) == release.road)[graph.road]
    return effect(graph, before, after, links, (kinds[0], kinds[1]))
