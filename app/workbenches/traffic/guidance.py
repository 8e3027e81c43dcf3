"""Guidance in the window: questions are answered off its thread, roads are chosen on the map, advice goes out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from app.commands import Call, Command
from app.features.feature import Context, Entry, Feature
from app.jobs import Cancelled, Report
from app.map.tools import Tool, Touch
from app.opening import Opened
from app.traffic_planning import Origins, origins_of
from app.workbenches.traffic import flows
from app.workbenches.traffic.guidance_panel import GuidancePanel
from data.traffic.announcing import Announced, announce
from data.traffic.past import fixes_between
from data.traffic.planning import Answer, Planning, Question
from data.traffic.store import TrafficStore
from layers.layer import Lines
from twin.errors import CancelledError, UsageError
from twin.traffic.graph import IntArray
from twin.traffic.measures import Costed, Measure
from twin.traffic.model import LANE_H

FLOWS, CHOSEN = "guidance-flows", "guidance-chosen"
PAST_S = 3600.0
REACH_M = 60.0


class RoadPick(Tool):
    """A click takes the nearest road."""

    cursor = Qt.CursorShape.PointingHandCursor

    def __init__(self, take: Callable[[float, float], None]) -> None:
        self._take = take

    def click(self, at: Touch) -> bool:
        """Take the road."""
        east, north, _ = at.point()
        self._take(east, north)
        return True


class Advising(QObject, Feature):
    """A feature of the window: joins the page, the planning, the map and the outbox."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._context, self._desk = context, context.desk
        self.panel = GuidancePanel(context.desk.look)
        self._twin, self._city = "", context.desk.live.city
        self._plan: Planning | None = None
        self._listed = False
        self._join()

    def _join(self) -> None:
        run, panel = self._desk.run, self.panel
        self._context.opening.opened.connect(self._on_opened)
        panel.seen.connect(self._list_roads)
        panel.ways.ask_wanted.connect(lambda: run("guidance.ask"))
        panel.ways.pick_wanted.connect(lambda: run("guidance.pick"))
        panel.ways.send_wanted.connect(lambda: run("guidance.send", about=self._twin))
        panel.ways.withdraw_wanted.connect(lambda: run("guidance.withdraw", about=self._twin))
        panel.ways.view_wanted.connect(self._draw)
        panel.layout_tab.ask_wanted.connect(lambda: run("layout.ask"))
        panel.layout_tab.pick_wanted.connect(lambda kind: run("layout.pick", kind=kind))
        panel.layout_tab.chosen.connect(self._on_measure)
        panel.origins.ask_wanted.connect(lambda: run("origins.ask", road=""))
        panel.origins.pick_wanted.connect(lambda: run("origins.pick"))

    def entries(self) -> Iterator[Entry]:
        """Return the commands."""
        yield Entry(Command("guidance.ask", self._ask, "guidance.plan"), "traffic", "path")
        yield Entry(Command("guidance.pick", self._pick_road, "guidance.plan"), "traffic", "map-pin", told=False)
        yield Entry(Command("guidance.send", self._send, "guidance.send", needs_purpose=True), "traffic", "broadcast")
        yield Entry(Command("guidance.withdraw", self._withdraw, "guidance.send"), "traffic", "x-circle")
        yield Entry(Command("layout.ask", self._ask_layout, "guidance.plan"), "traffic", "wrench")
        yield Entry(Command("layout.pick", self._pick_measure, "guidance.plan", in_palette=False), told=False)
        yield Entry(Command("origins.ask", self._ask_origins, "history.ask"), "traffic", "shuffle")
        yield Entry(Command("origins.pick", self._pick_origins, "history.ask"), "traffic", "crosshair", told=False)

    def panels(self) -> Mapping[str, QWidget]:
        """Return the page."""
        return {"guidance": self.panel}

    def close(self) -> None:
        """Take everything from the map."""
        for name in (FLOWS, CHOSEN):
            self._context.map.extras.remove(name)

    def _on_opened(self, opened: Opened) -> None:
        self._twin, self._city, self._plan, self._listed = opened.name, opened.city, None, False
        self.panel.ways.show_answer(None)
        self.panel.layout_tab.show_measures(None, ())
        self.panel.origins.show_origins(None, "")
        for name in (FLOWS, CHOSEN):
            self._context.map.extras.draw(name)
        if self.panel.isVisible():
            self._list_roads()

    def _list_roads(self) -> None:
        """List the through roads, once a twin."""
        if self._city is None or self._listed:
            return
        self._listed = True
        roads = self._city.table("roads")
        through = np.isin(roads["road_class"].to_numpy(object), list(LANE_H))
        self.panel.ways.show_roads(sorted({str(name) for name in roads["name"].to_numpy(object)[through] if name}))

    def _planning(self) -> Planning:
        if self._city is None:
            raise UsageError("open a twin first")
        if self._plan is None:
            self._plan = Planning(self._city)
        return self._plan

    # Guidance

    def _ask(self, call: Call) -> None:
        """Answer the question of the page, or ``question``, in the background."""
        plan, panel, texts = self._planning(), self.panel.ways, self._desk.look.texts
        question: Question = call.arguments.get("question") or panel.question()

        def work(report: Report, cancelled: Cancelled) -> Answer:
            def progress(share: float, stage: str) -> None:
                if cancelled():
                    raise CancelledError("interrupted")
                report(share, texts(f"guidance.stage.{stage}"))

            return plan.answer(question, progress)

        panel.tell(texts("guidance.working"))
        self._desk.jobs.submit("job.guidance", work, self._on_answer, self._tell(panel.tell), key="guidance")

    def _on_answer(self, answer: Answer) -> None:
        self.panel.ways.show_answer(answer)
        self._draw(flows.VIEWS[max(self.panel.ways.view.currentIndex(), 0)])

    def _draw(self, view: str) -> None:
        """Draw the flows of the answer: before, after, or what changes."""
        answer = self.panel.ways.answer
        if answer is None:
            return
        if view == "change":
            drawing = flows.change(answer.model, answer.before, answer.after)
        else:
            drawing = flows.full(answer.model, answer.before if view == "before" else answer.after)
        self._show(FLOWS, drawing)

    def _send(self, _call: Call) -> None:
        answer = self.panel.ways.answer
        if answer is None or not answer.guidance.says or not answer.messages:
            raise UsageError("work out guidance first; what says nothing is not sent")
        self._announce(answer)

    def _withdraw(self, _call: Call) -> None:
        self._announce(None)

    def _announce(self, answer: Answer | None) -> None:
        plan, home, twin, texts = self._planning(), self._desk.session.home, self._twin, self._desk.look.texts
        told = () if answer is None else answer.messages

        def done(sent: Announced) -> None:
            key = "guidance.sent" if answer is not None else "guidance.withdrawn"
            self.panel.ways.tell(texts(key, lit=len(sent.lit), dark=len(sent.dark)))

        self._desk.jobs.submit(
            "job.announce", lambda *_: announce(home, twin, plan.city, plan.model().graph, told, time.time()), done,
            self._tell(self.panel.ways.tell), key="announce",
        )  # fmt: skip

    # Layout

    def _ask_layout(self, call: Call) -> None:
        """Cost what is proposed, or the measure that was put on the map, beside what is listed."""
        plan, tab, question = self._planning(), self.panel.layout_tab, self.panel.ways.question()
        question = Question(evening=question.evening)
        wanted: Measure | None = call.arguments.get("measure")
        kept = tab.ranked if wanted is not None else ()
        home, twin = self._desk.session.home, self._twin

        def work(report: Report, cancelled: Cancelled) -> tuple[Costed, ...]:
            def progress(share: float) -> None:
                if cancelled():
                    raise CancelledError("interrupted")
                report(share, "")

            ranked = plan.measures(question, () if wanted is None else (wanted,), progress)
            if wanted is None or wanted.kind != "works":
                return ranked
            return (plan.with_hours(question, ranked[0], TrafficStore.of(home, twin, plan.model().graph).hours()),)

        def done(ranked: tuple[Costed, ...]) -> None:
            tab.show_measures(plan, sorted((*kept, *ranked), key=lambda one: -np.nan_to_num(one.won_h, nan=-1e9)))

        tab.tell(self._desk.look.texts("guidance.working"))
        self._desk.jobs.submit("job.layout", work, done, self._tell(tab.tell), key="layout")

    def _pick_measure(self, call: Call) -> None:
        kind = str(call.arguments["kind"])
        self._pick(lambda links: self._desk.run("layout.ask", measure=Measure(kind, links)))

    def _on_measure(self, place: int) -> None:
        plan, ranked = self._plan, self.panel.layout_tab.ranked
        if plan is not None and place < len(ranked):
            self._show(CHOSEN, flows.chosen(plan.model().graph, ranked[place].measure.links))

    # Origins

    def _ask_origins(self, call: Call) -> None:
        """Tell where the vehicles of the last hour came from and went to; of ``road`` only, where it is named."""
        plan, tab, home, twin = self._planning(), self.panel.origins, self._desk.session.home, self._twin
        road, end_s = str(call.arguments.get("road", "")), self._now_s()

        def work(*_: object) -> Origins:
            fixes = fixes_between(home, twin, plan.city, end_s - PAST_S, end_s)
            return origins_of(plan, plan.model().graph, fixes, road)

        def done(found: Origins) -> None:
            tab.show_origins(found, road)
            self._show(FLOWS, flows.through(plan.model().graph, found.flows))

        tab.tell(self._desk.look.texts("guidance.working"))
        self._desk.jobs.submit("job.origins", work, done, self._tell(tab.tell), key="origins")

    def _pick_origins(self, _call: Call) -> None:
        self._pick(lambda links: self._desk.run("origins.ask", road=self._name(links)))

    def _now_s(self) -> float:
        world = self._desk.live.world
        return time.time() if world is None else world.at_s

    # The map

    def _pick_road(self, _call: Call) -> None:
        self._pick(lambda links: self.panel.ways.choose_road(self._name(links), tuple(links.tolist())))

    def _pick(self, take: Callable[[IntArray], None]) -> None:
        """Let a click on the map choose a road; the tool is put away with it."""
        plan = self._planning()

        def taken(east: float, north: float) -> None:
            graph = plan.model().graph
            place = graph.place(np.array([[east, north]]))
            if not (place.road[0] >= 0 and place.away_m[0] <= REACH_M):
                return
            self._context.map.set_tool(None)
            links = graph.links_of[place.road[0]]
            links = links[links >= 0]
            self._show(CHOSEN, flows.chosen(graph, links))
            take(links)

        self._context.map.set_tool(RoadPick(taken))

    def _name(self, links: IntArray) -> str:
        plan = self._planning()
        return str(plan.names[plan.model().graph.road[links[0]]])

    def _show(self, name: str, drawing: Lines | None) -> None:
        self._context.map.extras.draw(name, *([] if drawing is None else [drawing]), opacity=0.85)

    def _tell(self, say_it: Callable[[str], None]) -> Callable[[Exception], None]:
        return lambda error: say_it(self._desk.look.texts.error(error))
