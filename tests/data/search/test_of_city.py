"""The names of a city are indexed once, and again when the city has changed."""

from __future__ import annotations

from pathlib import Path

from data.search.index import NameIndex
from data.search.of_city import open_names
from tests.twin.small import city, points, table


def names_at(path: Path, *names: str) -> NameIndex:
    count = len(names)
    places = table(
        points(*((10.0 * i, 0.0) for i in range(count))),
        id=[f"p{i}" for i in range(count)], name=list(names), name_en=[""] * count, kind=["town"] * count,
        rank=[1] * count,
    )  # fmt: skip
    folder = path.parent / "-".join(names)
    folder.mkdir(exist_ok=True)
    if not (folder / "places").exists():
        (folder / "places").write_text("".join(names))
    return open_names(city(places=places), folder, path)


def found(index: NameIndex, text: str) -> list[str]:
    answer = [one.name for one in index.find(text)]
    index.close()
    return answer


def test_a_second_opening_does_not_build_again(tmp_path: Path) -> None:
    path = tmp_path / "names.sqlite"
    names_at(path, "西塘镇").close()
    before = path.stat().st_ino
    assert found(names_at(path, "西塘镇"), "xtz")[:1] == ["西塘镇"]
    assert path.stat().st_ino == before


def test_a_city_that_changed_is_indexed_again(tmp_path: Path) -> None:
    path = tmp_path / "names.sqlite"
    names_at(path, "西塘镇").close()
    assert found(names_at(path, "大云镇"), "镇") == ["大云镇"]


def test_a_torn_file_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "names.sqlite"
    names_at(path, "西塘镇").close()
    path.write_bytes(path.read_bytes()[:700])
    assert found(names_at(path, "西塘镇"), "西塘")[:1] == ["西塘镇"]
