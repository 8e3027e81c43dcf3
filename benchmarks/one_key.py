"""One key: an answer for each keystroke from a million names, against SQLite's LIKE and a scan with rapidfuzz.

    python -m benchmarks.one_key [--names 1000000] [--texts 150] [--index FILE]

``--names 100000 --texts 30`` is a quick form of half a minute; ``--index`` keeps the index for the next run.

Invented names (towns, roads, house numbers, compounds), in files of this run. What is typed is a name or its
beginning, in Chinese, in pinyin, as initials, and with one random typing error, asked for letter by letter; the time is
the processor time of each keystroke. Found is the share of whole texts whose name stands among the first 12 answers; an
error in a house number gives another house, and thousands of names may share initials, so all of them cannot be found.
LIKE and rapidfuzz know neither pinyin nor initials: they are asked the Chinese texts alone, on fewer keystrokes; LIKE
has the name column and an index on it, rapidfuzz the list of names in memory.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from rapidfuzz import fuzz, process

from app.locator import find_entities
from data.search.index import NameIndex, build_index
from data.search.sounds import initials, sound_units
from twin.city.city import City
from twin.city.search import Found, Weighted
from twin.geo import LocalFrame
from twin.live.frame import TrackFrame
from twin.live.observation import OBSERVATION_DTYPE
from twin.world import World

MOST, PEER_KEYS, ENTITIES = 12, 30, 100_000
TOWNS = ["罗星街道", "魏塘街道", "惠民街道", "大云镇", "西塘镇", "干窑镇", "陶庄镇", "姚庄镇", "天凝镇"]
KINDS = ["路", "街", "大道", "弄", "小区", "花园", "大厦", "广场", "中学", "小学", "医院", "公司", "工厂", "桥"]
CHARACTERS = (
    "人民解放建设嘉善长江黄河中山平安幸福金银花园柳阳光东南西北新庆丰华盛泰安康大小上下前后里外和谐文明体育科技环城滨湖海"
    "梅兰竹菊松柏桃李杏枫云龙凤鹤鹿泉溪塘港浜荡圩村桥石玉珠宝天地春夏秋冬红绿青蓝白黑高低永久兴旺发达顺利吉祥"
)
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def invented(rng: random.Random, count: int) -> list[Weighted]:
    """Return so many names with their weights."""

    def name() -> str:
        stem = "".join(rng.choices(CHARACTERS, k=rng.choice((2, 2, 3)))) + rng.choice(KINDS)
        house = f"{rng.randrange(1, 999)}号" if rng.random() < 0.7 else ""
        return (rng.choice(TOWNS) if rng.random() < 0.4 else "") + stem + house

    return [
        Weighted(rng.randrange(60), Found("buildings", f"b{i:07d}", name(), "", "office", 120.9, 30.8, 400.0))
        for i in range(count)
    ]


def mistyped(rng: random.Random, text: str, letters: str) -> str:
    """Return a text with two letters swapped, or one missing, too many or wrong."""
    at, letter = rng.randrange(1, max(len(text) - 1, 2)), rng.choice(letters)
    swapped = text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]
    left_out, added, wrong = (
        text[:at] + rest for rest in (text[at + 1 :], letter + text[at:], letter + text[at + 1 :])
    )
    return rng.choice((swapped, left_out, added, wrong))


def texts(rng: random.Random, entries: Sequence[Weighted], count: int) -> dict[str, list[tuple[str, str]]]:
    """Return what is typed, by its kind: pairs of the text and the name that is meant."""
    names = [rng.choice(entries).found.name for _ in range(count)]
    sounds = [sound_units(name) for name in names]
    pinyin = ["".join(sound) for sound in sounds]
    return {
        "Chinese": list(zip(names, names, strict=True)),
        "pinyin": list(zip(pinyin, names, strict=True)),
        "initials": [("".join(initials(sound)), name) for sound, name in zip(sounds, names, strict=True)],
        "Chinese, one error": [(mistyped(rng, name, CHARACTERS), name) for name in names],
        "pinyin, one error": [(mistyped(rng, sound, LETTERS), name) for sound, name in zip(pinyin, names, strict=True)],
    }


def keystrokes(typed: Sequence[tuple[str, str]]) -> list[str]:
    """Return all beginnings of all texts."""
    return [text[:end] for text, _ in typed for end in range(1, len(text) + 1)]


def times_ms(answer: Callable[[str], object], asked: Sequence[str]) -> list[float]:
    """Return the processor time of each answer, sorted: others work on this machine."""
    taken = []
    for text in asked:
        start = time.thread_time()
        answer(text)
        taken.append(1000 * (time.thread_time() - start))
    return sorted(taken)


def p99(taken: Sequence[float]) -> float:
    """Return the 99th percentile of sorted times."""
    return taken[min(int(0.99 * len(taken)), len(taken) - 1)]


def peers(folder: Path, entries: Sequence[Weighted], asked: Sequence[str]) -> dict[str, list[float]]:
    """Return the times of LIKE and of a rapidfuzz scan."""
    names = [entry.found.name for entry in entries]
    with closing(sqlite3.connect(folder / "like.sqlite")) as file:
        file.execute("CREATE TABLE entry (name TEXT, weight INTEGER)")
        file.executemany("INSERT INTO entry VALUES (?, ?)", ((entry.found.name, entry.weight) for entry in entries))
        file.execute("CREATE INDEX entry_name ON entry (name, weight)")
        query = "SELECT name FROM entry WHERE name LIKE '%' || ? || '%' ORDER BY weight LIMIT ?"
        like = times_ms(lambda text: file.execute(query, (text, MOST)).fetchall(), asked)
    scan = times_ms(lambda text: process.extract(text, names, scorer=fuzz.partial_ratio, limit=MOST), asked)
    return {"SQLite LIKE": like, "rapidfuzz partial_ratio": scan}


def main() -> None:
    """Build the index, ask, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", type=int, default=1_000_000)
    parser.add_argument("--texts", type=int, default=150)
    parser.add_argument("--index", type=Path)
    options = parser.parse_args()
    entries = invented(random.Random(7), options.names)
    rng = random.Random(8)
    with tempfile.TemporaryDirectory() as place:
        path = options.index or Path(place) / "names.sqlite"
        if not path.exists():
            start = time.thread_time()
            build_index(path, entries)
            print(f"built in {time.thread_time() - start:.0f} s of processor time")
        print(f"{len(entries):,} names, {path.stat().st_size >> 20} MiB")
        index = NameIndex(path)
        kinds = texts(rng, entries, options.texts)
        ours = print_ours(index, kinds)
        asked = rng.sample(keystrokes(kinds["Chinese"]), PEER_KEYS)
        ours_same = statistics.median(times_ms(index.find, asked))
        index.close()
        for name, taken in peers(Path(place), entries, asked).items():
            middle = statistics.median(taken)
            print(f"{name:26} p50 {middle:8.1f} ms, {middle / ours_same:8.0f} times ours on the same keystrokes")
    print_entities()
    print(f"aim: p99 at most 50 ms a keystroke; all kinds of names together {p99(ours):.1f} ms")


def print_entities() -> None:
    """Print the time of a look through the ids and labels of the live table."""
    rows = np.zeros(ENTITIES, OBSERVATION_DTYPE)
    rows["id"] = [b"demo-car-%05d" % number for number in range(ENTITIES)]
    rows["label"] = [f"浙F·{number:05d}K".encode() for number in range(ENTITIES)]
    frame = TrackFrame(rows, np.zeros((ENTITIES, 3), np.float32), np.zeros(ENTITIES, np.uint8), 1, 0.0)
    world = World(City("", "", LocalFrame("EPSG:4549", (0, 0)), {}), frame, (), 0.0, live=True)
    typed = [text[:end] for text in ("浙F·54321K", "demo-car-77777") for end in range(2, len(text) + 1)]
    taken = times_ms(lambda text: find_entities(world, text, unmask=True), typed)
    print(f"{ENTITIES:,} moving things      p50 {statistics.median(taken):6.1f} ms, p99 {p99(taken):6.1f}")


def print_ours(index: NameIndex, kinds: dict[str, list[tuple[str, str]]]) -> list[float]:
    """Print a line for each kind of text and return all times, sorted."""
    every: list[float] = []
    for kind, typed in kinds.items():
        taken = times_ms(lambda text: index.find(text, MOST), keystrokes(typed))
        held = sum(any(found.name == name for found in index.find(text, MOST)) for text, name in typed)
        print(
            f"{kind:20} p50 {statistics.median(taken):6.1f} ms, p99 {p99(taken):6.1f}, longest {taken[-1]:6.1f}, "
            f"found {100 * held / len(typed):3.0f} %"
        )
        every += taken
    return sorted(every)


if __name__ == "__main__":
    main()
