"""What the user chose for each layer, and in which order they lie."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from app.settings import LayerChoice
from layers.catalogue import first_state
from layers.layer import Layer, LayerState, LayerStatus
from layers.shown import filter_of
from twin.errors import UsageError
from twin.words import say

LOG = logging.getLogger(__name__)


class LayerBook(QObject):
    """Layers by name with their state, drawn first to last."""

    state_changed = Signal(str, object)
    """Name and LayerState."""
    order_changed = Signal(object)
    """tuple[str, ...]"""
    statuses_changed = Signal(object)
    """dict[str, LayerStatus]"""

    def __init__(self, layers: Sequence[Layer], chosen: Mapping[str, LayerChoice], order: Sequence[str]) -> None:
        super().__init__()
        self.layers = {layer.name: layer for layer in layers}
        self._home = tuple(self.layers)
        kept = [name for name in order if name in self.layers]
        self.order = tuple(kept) if set(kept) == set(self.layers) else self._home
        self.states = {
            name: _state(chosen.get(name, default_choice(name)), layer) for name, layer in self.layers.items()
        }
        self.statuses: dict[str, LayerStatus] = {}
        self.chosen = "vehicles" if "vehicles" in self.layers else self.order[0]
        """The layer whose choices are shown."""

    def change(self, name: str, **fields: object) -> LayerState:
        """Change a layer's state.

        Raises
        ------
        twin.errors.ZhianError
            If a filter cannot be understood; the state stays as it was.
        """
        if name not in self.states:
            raise UsageError(say("there is no layer {name}", name=name))
        state = replace(self.states[name], **fields)  # type: ignore[arg-type]  # fields of LayerState by name
        filter_of(self.layers[name].columns, state.where)
        self.states[name] = state
        self.state_changed.emit(name, state)
        return state

    def move(self, name: str, place: int) -> None:
        """Put a layer at a place in the drawing order, 0 being the lowest."""
        rest = [other for other in self.order if other != name]
        rest.insert(min(max(place, 0), len(rest)), name)
        if tuple(rest) != self.order:
            self.order = tuple(rest)
            self.order_changed.emit(self.order)

    def reset(self) -> None:
        """Go back to how the layers lay at first."""
        self.order = self._home
        self.order_changed.emit(self.order)
        for name in self.layers:
            self.states[name] = _state(default_choice(name), self.layers[name])
            self.state_changed.emit(name, self.states[name])

    def set_statuses(self, statuses: dict[str, LayerStatus]) -> None:
        """Take in how the layers' data stand."""
        self.statuses = statuses
        self.statuses_changed.emit(statuses)

    def choices(self) -> dict[str, LayerChoice]:
        """Return the states as the settings keep them."""
        return {n: LayerChoice(s.visible, s.opacity, s.where, s.symbol) for n, s in self.states.items()}


def default_choice(name: str) -> LayerChoice:
    """Return how a layer starts: shown, unless another workspace is its place or it covers the ground."""
    return LayerChoice(visible=first_state(name).visible)


def _state(choice: LayerChoice, layer: Layer) -> LayerState:
    """Return a state as it was kept; a filter of another language, of a version before, is left out and told."""
    where = choice.where
    try:
        filter_of(layer.columns, where)
    except UsageError as error:
        LOG.warning("%s: %s", layer.name, error.sentence)
        where = ""
    return LayerState(choice.visible, choice.opacity, where, choice.symbol)
