"""What installers are made of: each part is known, none is another's, and the oldest glibc is what we promise."""

from __future__ import annotations

import shutil
from email.message import Message
from pathlib import Path
from types import SimpleNamespace

import pytest

from installers import bullseye, debian, glibc, papers, place, wheels, words


def told(**fields: str) -> Message:
    message = Message()
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    return message


def test_the_newest_glibc_that_is_asked_for_is_found() -> None:
    table = "0000 DF *UND* (GLIBC_2.2.5) free\n0000 DF *UND* (GLIBC_2.14) memcpy\n0000 DF *UND* (GLIBC_2.9) x\n"
    assert glibc.newest_of(table) == (2, 14)
    assert glibc.newest_of("") == (0, 0)
    assert glibc.newest_of("GLIBCXX_3.4.29 CXXABI_1.3") == (0, 0)


def test_libraries_are_known_by_what_is_in_them(tmp_path: Path) -> None:
    (tmp_path / "a.so").write_bytes(b"\x7fELF....")
    (tmp_path / "b.so").write_bytes(b"INPUT(a.so)")
    (tmp_path / "c").symlink_to("a.so")
    assert list(glibc.libraries(tmp_path)) == [tmp_path / "a.so"]


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ({"License_Expression": "BSD-3-Clause"}, "BSD-3-Clause"),
        ({"License": "MIT"}, "MIT"),
        (
            {"License": "Copyright\nall the words", "Classifier": "License :: OSI Approved :: MIT License"},
            "MIT License",
        ),
        ({}, ""),
    ],
)
def test_a_licence_is_one_line(fields: dict[str, str], licence: str) -> None:
    assert papers.licence_of(told(**fields)) == licence


@pytest.mark.parametrize(
    ("licence", "may"),
    [("GPL-3.0-only", False), ("GNU General Public License v3 (GPLv3)", False), ("AGPL-3.0", False),
     ("LGPL-3.0-only", True), ("GNU Lesser General Public License v3 (LGPLv3)", True), ("MIT", True), ("", True),
     ("LGPL-3.0-only OR GPL-2.0-only", True)],
)  # fmt: skip
def test_no_part_makes_the_whole_another_s(licence: str, may: bool) -> None:
    assert (papers.refused([papers.Part("x", "1", "pkg:x", licence)]) == []) is may


def test_a_bill_of_materials_names_each_part_and_is_the_same_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    parts = [
        papers.Part("numpy", "2.4.6", "pkg:pypi/numpy@2.4.6", "BSD-3-Clause"),
        *papers.of_debian("openssl\t3.0.1\n"),
    ]
    bill = papers.bill("x", "0.1.0.0", parts)
    assert bill == papers.bill("x", "0.1.0.0", parts)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    components = bill["components"]
    assert isinstance(components, list)
    assert [one["purl"] for one in components] == ["pkg:pypi/numpy@2.4.6", "pkg:deb/debian/openssl@3.0.1?type=source"]


def test_sums_are_those_that_sha256sum_checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SIGN_KEY", raising=False)
    (tmp_path / "a.deb").write_bytes(b"")
    assert papers.write_sums(tmp_path).read_text() == (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a.deb\n"
    )


def test_what_only_developers_use_is_left_out_and_nothing_else(tmp_path: Path) -> None:
    for name in ("PySide6/lupdate", "PySide6/QtCore.abi3.so", "PySide6/Qt/lib/libQt6Qml.so.6", "numpy/tests/a.py",
                 "numpy/testing/b.py", "PySide6/QtCore.pyi", "PySide6/Qt/lib/libQt6Core.so.6"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    gone = {path.relative_to(tmp_path).as_posix() for path in wheels.unused(tmp_path)}
    assert gone == {"PySide6/lupdate", "PySide6/Qt/lib/libQt6Qml.so.6", "numpy/tests", "PySide6/QtCore.pyi"}


def test_dpkg_is_told_what_is_needed_and_runs_nothing(tmp_path: Path) -> None:
    lines = dict(
        line.split(": ", 1) for line in debian.control(debian.DESKTOP, "0.1.0.0", 7).splitlines() if ": " in line
    )
    assert lines["Package"] == "cn.zhian.twin"
    assert "libc6 (>= 2.31)" in lines["Depends"]
    assert lines["Conflicts"] == debian.SERVER.id
    assert not any(name in vars(debian) for name in ("postinst", "prerm"))
    assert len(place.version().split(".")) == 4


def test_the_shells_know_every_verb() -> None:
    verbs = words.verbs()
    assert {"run", "export", "doctor", "sync"} <= set(verbs)
    assert "--safe-mode" in words.options()["run"]
    assert all(f".B {name}".replace("-", "\\-") in words.manual() for name in verbs)
    assert all(f" -a {name} " in words.fish() for name in verbs)


def test_without_debootstrap_it_is_said_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(SystemExit) as ended:
        bullseye.make_root("bullseye", tmp_path / "root", "minbase")
    assert ended.value.code == 3


def test_a_package_says_who_has_no_licence_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(papers, "COMMON", tmp_path)
    for name in ("LGPL-3", "GPL-3"):
        (tmp_path / name).write_text("the words")
    (tmp_path / "x.dist-info").mkdir()
    (tmp_path / "x.dist-info/LICENSE").write_text("MIT")
    with_one = SimpleNamespace(name="X", files=["x.dist-info/LICENSE"], locate_file=lambda file: tmp_path / file)
    # Its licence is told, and is of those that every Debian has the words of.
    lesser = SimpleNamespace(name="qt", files=[], metadata=told(License_Expression="LGPL-3.0-only OR GPL-2.0-only"))
    without = SimpleNamespace(name="y", files=["y.py"], metadata=told(), locate_file=lambda file: tmp_path / file)
    assert papers.collect_licences([with_one, without, lesser], tmp_path / "out") == ["y"]  # type: ignore[list-item]  # enough of one
    assert (tmp_path / "out/x/LICENSE").read_text() == "MIT"
    assert (tmp_path / "out/qt/LGPL-3").read_text() == "the words"


def test_a_package_of_the_builders_leaves_nothing(tmp_path: Path) -> None:
    told = tmp_path / "trove_classifiers-1.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: trove-classifiers\nVersion: 1\n")
    (told / "RECORD").write_text("trove.py,,\ntrove_classifiers-1.dist-info/METADATA,,\n")
    for name in ("trove.py", "numpy.py"):
        (tmp_path / name).touch()
    wheels.remove(tmp_path, "trove-classifiers")
    assert [path.name for path in tmp_path.iterdir()] == ["numpy.py"]
