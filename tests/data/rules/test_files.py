"""A scenario's file says what it means or is refused with its line; the version before stays on."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.rules.files import Folder, Known, load
from twin.errors import BadInputError
from twin.rules.scenario import Holds

GOOD = """# 校园噪声
chinese = "校园噪声"
english = "Noise at schools"
about_chinese = "上课时间学校附近噪声过大"
about_english = "Noise beside schools in lessons"
form = "alarm"
severity = 3
tell = ["operator"]
legal_basis = "噪声污染防治法第二十二条"
purpose = "学校周边环境整治"
retention_days = 30
levels = { confirmed = 300, resolved = 3600 }

[watch]
kinds = ["noise_sensor"]

[when]
kind = "holds"
holds = '''
value > 75
AND hour >= 8'''
until = "value < 60"
area = { sites = ["school"], margin_m = 100 }
"""


def written(root: Path, text: str, board: str = "security", name: str = "school-noise") -> Path:
    path = root / board / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_a_file_says_what_it_means(tmp_path: Path) -> None:
    loaded = load(written(tmp_path, GOOD))
    assert (loaded.id, loaded.board) == ("school-noise", "security")
    assert isinstance(loaded.scenario.when, Holds)
    assert loaded.scenario.levels == {"confirmed": 300, "resolved": 3600}


def test_the_version_follows_the_meaning_not_the_writing(tmp_path: Path) -> None:
    first = load(written(tmp_path, GOOD)).version
    assert load(written(tmp_path, GOOD.replace("# 校园噪声\n", "\n\n"))).version == first
    assert load(written(tmp_path, GOOD.replace("value > 75", "value > 76"))).version != first


@pytest.mark.parametrize(
    ("was", "now", "line", "words"),
    [
        ("severity = 3", "severty = 3", 7, "is 'severity' meant?"),
        ("severity = 3", "severity = 7", 7, "<= 4"),
        ("severity = 3\n", "", "", "severity is missing"),
        ("noise_sensor", "noise_senser", 15, "is 'noise_sensor' meant?"),
        ("kinds =", "layers = ['sensers']\nkinds =", 15, "is 'sensors' meant?"),
        ("value > 75", "valeu > 75", 20, "is 'value' meant?"),
        ("AND hour >= 8", "AND hour >> 8", 21, "not understood"),
        ("AND hour >= 8", "AND ethnicity = 'x'", 21, "nobody is watched for ethnicity"),
        ("AND hour >= 8", "AND 宗教 = 'x'", 21, "nobody is watched for 宗教"),
        ("kind = \"holds\"", "kind = \"hold\"", 18, "is 'holds' meant?"),
        ("until =", "untill =", 22, "is 'until' meant?"),
        ("{ sites = [\"school\"], margin_m = 100 }", "{}", 23, "condition of no area"),
        ("\"school\"]", "\"scool\"]", 23, "is 'school' meant?"),
        ("sites = [\"school\"]", "polygon = 'POLYGON((0 0, 1 1, 0 0))'", 23, "no surface"),
        ("sites = [\"school\"], margin_m = 100", "roads = [\"primary\"]", 23, "give margin_m"),
        ("confirmed =", "confirmd =", 12, "is 'confirmed' meant?"),
        ("form = \"alarm\"", "form = \"view\"", 6, "view needs a part [view]"),
        ("[when]\n", "[when\n", 17, "not TOML"),
        ("[watch]", "[view]\nlayers = ['roads']\npanels = ['quue']\n[watch]", 16, "is 'queue' meant?"),
        ("[watch]", "[view]\nlayers = ['rods']\n[watch]", 15, "is 'roads' meant?"),
        ("tell = [\"operator\"]", "tell = [\"opperator\"]", 8, "is 'operator' meant?"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_its_line_and_what_was_meant(
    tmp_path: Path, was: str, now: str, line: object, words: str
) -> None:
    assert was in GOOD
    with pytest.raises(BadInputError) as caught:
        load(
            written(tmp_path, GOOD.replace(was, now)), Known(tell=frozenset({"operator"}), layers=frozenset({"roads"}))
        )
    assert words in caught.value.problem
    assert caught.value.place == (f"line {line}" if line else "")


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ('kind = "sequence"\nsteps = ["value > 1"]\nwithin_s = 60', "2 to 20 steps"),
        ('kind = "sequence"\nsteps = ["value > 1", "value > 2"]', "within_s is missing"),
        ('kind = "sequence"\nsteps = ["value > 1", "value > 2"]\nwithin_s = 1e12', "<= 2678400"),
        ('kind = "off_permit"', "needs a route or hours"),
        ('kind = "off_permit"\nhours = ["day"]', "06:00-20:00"),
        ('kind = "crowd"\nmost = 5', "either in an area or in cells"),
        ('kind = "stays"\nfor_s = 60', "area is missing"),
        ('kind = "listed"\nlist = "x"\nby = "face"', "Invalid enum value 'face'"),
    ],
)
def test_conditions_without_an_end_a_place_or_an_identity_are_refused(tmp_path: Path, when: str, words: str) -> None:
    with pytest.raises(BadInputError) as caught:
        load(written(tmp_path, GOOD.split("[when]")[0] + "[when]\n" + when))
    assert words in str(caught.value)


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"x" * 70_000, b"", b"a = 1\n" * 3, b"[[[[", b'form = "alarm"'])
def test_hostile_bytes_are_refused_in_a_sentence(tmp_path: Path, raw: bytes) -> None:
    path = written(tmp_path, "")
    path.write_bytes(raw)
    with pytest.raises(BadInputError):
        load(path)


def test_the_version_before_stays_on_and_a_users_own_counts_first(tmp_path: Path) -> None:
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    written(shipped, GOOD)
    folder = Folder((shipped, own))
    folder.read()
    first = folder.scenarios["school-noise"].version
    path = written(own, GOOD.replace("value > 75", "value > 70"))
    folder.read()
    second = folder.scenarios["school-noise"].version
    assert second != first
    path.write_text(GOOD.replace("value > 75", "value >"), "utf-8")
    folder.read()
    assert folder.scenarios["school-noise"].version == second
    assert list(folder.refused) == [path]
    path.unlink()
    folder.read()
    assert folder.scenarios["school-noise"].version == first
