"""Trails behind what is selected, and behind all of a kind."""

from __future__ import annotations

from collections.abc import Iterator

from app.commands import Call, Command
from app.facts import entity_facts
from app.features.feature import Context, Entry, Feature
from app.features.trail_past import TrailPast
from app.map.trails import TrailWish
from app.settings import Settings
from twin.errors import UsageError
from twin.words import say

MINUTES = (1.0, 3.0, 5.0, 10.0)


def wish_of(values: Settings) -> TrailWish:
    """Return the trails that were wished for."""
    return TrailWish(values.trails, frozenset(values.trail_kinds), values.trail_minutes, values.trail_by_speed)


class Trails(Feature):
    """Keeps the trails on the map as they were wished for, from one start to the next."""

    def __init__(self, context: Context) -> None:
        self._context, self._desk = context, context.desk
        self.wish = wish_of(self._desk.settings.values)
        context.map.set_trails(self.wish)
        self._past = TrailPast(context, lambda: self.wish)
        context.opening.opened.connect(self._check)

    def entries(self) -> Iterator[Entry]:
        """Return the commands."""
        yield Entry(Command("trails.selected", lambda _: self._set(selected=not self.wish.selected), "view", "T"),
                    "select", "path", checkable=True)  # fmt: skip
        yield Entry(Command("trails.kind", self._toggle_kinds, "view", "Shift+T"), "select", "share-network")
        yield Entry(Command("trails.speed", lambda _: self._set(by_speed=not self.wish.by_speed), "view"),
                    "select", "gauge", checkable=True)  # fmt: skip
        yield Entry(Command("trails.minutes", self._change_minutes, "view"), "select", "timer")

    def _set(self, **fields: object) -> None:
        wish = self.wish
        told = {"selected": wish.selected, "kinds": wish.kinds, "minutes": wish.minutes, "by_speed": wish.by_speed}
        self.wish = wish = TrailWish(**(told | fields))  # type: ignore[arg-type]  # its own fields by name
        self._desk.settings.change(
            trails=wish.selected,
            trail_kinds=sorted(wish.kinds),
            trail_minutes=wish.minutes,
            trail_by_speed=wish.by_speed,
        )
        self._context.map.set_trails(wish)
        self._check()

    def _toggle_kinds(self, _call: Call) -> None:
        """Show the trails of all that are of the kinds of what is selected; the same again takes them away."""
        kinds = self._kinds_selected()
        if not kinds and not self.wish.kinds:
            raise UsageError(say("select one of a kind first"))
        self._set(kinds=self.wish.kinds - kinds if kinds <= self.wish.kinds and kinds else kinds)

    def _kinds_selected(self) -> frozenset[str]:
        world = self._desk.live.world
        facts = [] if world is None else [entity_facts(world, pick, False) for pick in self._desk.selection.picks[:50]]
        told = (fact for found in facts if found is not None for fact in found.facts)
        return frozenset(str(fact.value) for fact in told if fact.name == "kind")

    def _change_minutes(self, call: Call) -> None:
        """Make trails as long as ``minutes`` says, else go on to the next length."""
        longer = [minutes for minutes in MINUTES if minutes > self.wish.minutes]
        minutes = float(call.arguments.get("minutes", longer[0] if longer else MINUTES[0]))
        self._set(minutes=min(max(minutes, MINUTES[0]), MINUTES[-1]))
        self._desk.log.add("command", "event.trail_minutes", minutes=f"{self.wish.minutes:g}")

    def _check(self, *_: object) -> None:
        """Have the actions say what is on."""
        for command_id, on in (("trails.selected", self.wish.selected), ("trails.speed", self.wish.by_speed)):
            self._context.acts.by_id[command_id].setChecked(on)
