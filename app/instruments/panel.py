"""The list of results: what was found, how much, when, from what; kept or not."""

from __future__ import annotations

from collections.abc import Mapping

from app import formats
from app.desk import Desk
from app.instruments.book import Book
from app.instruments.listing import Listing
from app.texts import Texts
from app.widgets.table import TableColumn
from twin.kept import Result, written

ACTIONS: Mapping[str, str] = {
    "result.keep": "push-pin", "result.fly_to": "navigation-arrow", "result.rename": "pencil-simple",
    "result.export": "floppy-disk", "result.drop": "trash",
}  # fmt: skip


class ResultPanel(Listing):
    """A table of results, and below it the further figures of the one that is chosen."""

    def __init__(self, desk: Desk, book: Book) -> None:
        self._book = book
        columns = (
            TableColumn("name", width_px=110, tip=lambda name: _state(name, desk.look.texts)),
            TableColumn("figure", figure=True, width_px=90),
            TableColumn("shows", text=formats.clock, figure=True, width_px=64),
            TableColumn("source", text=lambda source: _source(source, desk.look.texts), width_px=44),
        )
        super().__init__(desk, "results", columns, ACTIONS)
        self.chose.connect(self._on_result_chosen)
        book.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the results as they are."""
        results = self._book.all()
        rows = [
            (f"{'●' if kept else '○'} {result.name}", Figure.of(result), result.shows_s, result.source)
            for result, kept in results
        ]
        self.set_rows([result.id for result, _kept in results], rows)

    def retranslate(self, *_: object) -> None:
        """Write every word in the language of the moment."""
        super().retranslate()
        self._on_result_chosen(self.chosen)

    def _on_result_chosen(self, key: str) -> None:
        result = next((result for result, _kept in self._book.all() if result.id == key), None)
        self.say("" if result is None else details(result, self._desk.look.texts))
        self.buttons["result.keep"].setEnabled(key in self._book.loose)


class Figure(float):
    """A figure that is sorted by its size and written with its unit."""

    unit = ""

    @classmethod
    def of(cls, result: Result) -> Figure:
        """Return the figure of a result."""
        figure = cls(result.figure)
        figure.unit = result.unit
        return figure

    def __str__(self) -> str:
        return written(float(self), self.unit)


def _state(name: str, texts: Texts) -> str:
    return f"{name[2:]}\n{texts('results.kept_word' if name.startswith('●') else 'results.loose_word')}"


def details(result: Result, texts: Texts) -> str:
    """Return the further figures of a result, one after the other."""
    pairs = (pair.partition("=") for pair in result.details.split(";") if pair)
    told = (f"{texts(f'detail.{name}')} {_value(name, value, texts)}" for name, _, value in pairs)
    return " · ".join([texts(f"instrument.{result.kind}"), *told])


def _value(name: str, value: str, texts: Texts) -> str:
    if f"detail_value.{value}" in texts:
        return texts(f"detail_value.{value}")
    unit = "m" if name.endswith("_m") else "share" if name == "share" else "count"
    try:
        return written(float(value), unit)
    except ValueError:
        return value


def _source(source: str, texts: Texts) -> str:
    key = f"result_source.{source}"
    return texts(key) if key in texts else source
