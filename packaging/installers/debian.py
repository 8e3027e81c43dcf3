"""The tree of a Debian package, as UOS's rules lay it out, and the package of it.

Everything is below ``/opt/apps/<id>``: ``files`` (Python, the packages, the program), ``entries`` (what the desktop
reads) and ``info``. Links lead there from the places of Debian. No script runs at installing or removing.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from installers import bullseye, glibc, papers, wheels, words
from installers.icons import DRAWING, SIZES, write_png
from installers.place import APP_ID, MAKER, PACKAGING, SAID, SERVER_ID, TITLE, Words, epoch, out, run, version, work

UV_PLATFORM = "x86_64-manylinux_2_31"
DEPENDS = (
    "libc6 (>= 2.31)", "libstdc++6", "libgl1", "libegl1", "libfontconfig1", "libdbus-1-3", "libx11-6", "libx11-xcb1",
    "libxcb1", "libxcb-randr0", "libxcb-render0", "libxcb-shape0", "libxcb-shm0", "libxcb-sync1", "libxcb-xfixes0",
    "libglib2.0-0 | libglib2.0-0t64", "libxrender1", "libxext6",
)  # fmt: skip
SERVER_DEPENDS = ("libc6 (>= 2.31)", "libstdc++6")
OF_THE_WINDOW = ("PySide6*", "pyside6*", "shiboken6*", "vtk*", "pyvista*", "qtawesome*", "qtpy*", "QtPy*")
"""What the package without a window leaves out, by names below the packages' folder."""
XZ_LEVEL = os.environ.get("XZ_LEVEL", "6")


@dataclass(frozen=True, slots=True)
class Package:
    """One of the packages that are made of the same program."""

    id: str
    depends: tuple[str, ...]
    window: bool
    other: str
    """The package that cannot stand beside this one: both have ``/usr/bin/zhian``."""


DESKTOP = Package(APP_ID, DEPENDS, True, SERVER_ID)
SERVER = Package(SERVER_ID, SERVER_DEPENDS, False, APP_ID)


def make_program() -> Path:
    """Return a folder with Python, all packages and the program for Linux, from which every package is copied."""
    made, opt = work() / "program", bullseye.python()
    shutil.rmtree(made, ignore_errors=True)
    shutil.copytree(opt / "python", made / "python", symlinks=True)
    site = site_of(made)
    wheels.install(site, UV_PLATFORM)
    for library in (opt / "xcb").iterdir():
        shutil.copy(library, site / "PySide6/Qt/lib" / library.name)
    # Only VTK's: what other packages brought along was patched, and may not survive it.
    run(["strip", "--strip-unneeded", *glibc.libraries(site / "vtkmodules")])
    (made / "bin").mkdir()
    shutil.copy(PACKAGING / "deb/zhian.sh", made / "bin/zhian")
    (made / "bin/zhian").chmod(0o755)
    python = made / "python/bin/python3.11"
    # Hashes instead of times in the compiled files: the same bytes from every build, and none written at a start.
    compiled: Words = [
        "-m",
        "compileall",
        "-q",
        "-j2",
        "--invalidation-mode",
        "unchecked-hash",
        made / "python/lib/python3.11",
    ]
    run([python, *compiled], PYTHONHASHSEED="0", SOURCE_DATE_EPOCH=str(epoch()))
    newest, libraries = glibc.floor(made)
    print(f"asks for glibc {newest[0]}.{newest[1]}: {', '.join(path.name for path in libraries[:5])}")
    if newest > glibc.PROMISED:
        raise SystemExit(f"packaging: glibc {glibc.PROMISED} is promised, and these ask for more: {libraries}")
    return made


def site_of(program: Path) -> Path:
    """Return the folder of packages; the name is Debian's, whose patches Python has."""
    return program / "python/lib/python3.11/dist-packages"


def make_package(program: Path, package: Package) -> Path:
    """Make one package of the program and return its file."""
    tree = work() / package.id
    shutil.rmtree(tree, ignore_errors=True)
    home = tree / "opt/apps" / package.id
    shutil.copytree(program, home / "files", symlinks=True, copy_function=os.link)
    if not package.window:
        for pattern in OF_THE_WINDOW:
            for path in site_of(home / "files").glob(pattern):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    _papers(home, package)
    _entries(home, package)
    _links(tree, home, package)
    words.write_all(tree / "usr")
    _control(tree, package)
    target = out() / f"{package.id}_{version()}_amd64.deb"
    # xz: Debian 11 and what is made of it read no zstd.
    run(
        ["dpkg-deb", "--root-owner-group", "-Zxz", f"-z{XZ_LEVEL}", "--build", tree, target],
        SOURCE_DATE_EPOCH=str(epoch()),
    )
    return target


def _papers(home: Path, package: Package) -> None:
    packages = wheels.packages(site_of(home / "files"))
    bundled = bullseye.python() / "bundled"
    parts = [papers.of_package(one) for one in packages] + papers.of_debian((bundled / "packages.tsv").read_text())
    if gpl := papers.refused(parts):
        raise SystemExit(f"packaging: these may not be inside: {gpl}")
    licences = home / "files/licences"
    without = papers.collect_licences(packages, licences)
    print(f"{package.id}: {len(parts)} parts, without a licence file of their own: {', '.join(without) or 'none'}")
    for copyright_ in bundled.iterdir():
        if copyright_.name != "packages.tsv":
            (licences / copyright_.name).mkdir(exist_ok=True)
            shutil.copy(copyright_, licences / copyright_.name / "copyright")
    bill = papers.bill(package.id, version(), parts)
    papers.write_json(home / "files/sbom.cdx.json", bill)
    papers.write_json(out() / f"{package.id}_{version()}.cdx.json", bill)


def _entries(home: Path, package: Package) -> None:
    told = {
        "appid": package.id, "name": TITLE["en"], "version": version(), "arch": ["amd64"],
        "permissions": {"autostart": False, "notification": False, "trayicon": False, "clipboard": True,
                        "account": False, "bluetooth": False, "camera": False, "audio_record": False,
                        "installed_apps": False},
    }  # fmt: skip
    papers.write_json(home / "info", told)
    entries = home / "entries"
    if package.window:
        _copy(PACKAGING / f"deb/{APP_ID}.desktop", entries / "applications")
        _copy(PACKAGING / f"deb/{APP_ID}.xml", entries / "mime/packages")
        _copy(DRAWING, entries / "icons/hicolor/scalable/apps")
        for size in SIZES:
            write_png(entries / f"icons/hicolor/{size}x{size}/apps/{APP_ID}.png", size)


def _copy(file: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, folder)


def _links(tree: Path, home: Path, package: Package) -> None:
    for place, file in _linked(home):
        link = tree / place
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(file, link.parent))
    # A unit that is a link would be taken as one that the administrator linked.
    unit = "user/zhian-sync@.service" if package.window else "zhian-sync@.service"
    _copy(PACKAGING / "systemd" / unit, tree / "usr/lib/systemd" / ("user" if package.window else "system"))
    copyright_ = tree / "usr/share/doc" / package.id
    copyright_.mkdir(parents=True)
    licences = f"/opt/apps/{package.id}/files/licences"
    told = f"{TITLE['en']} is under the Apache License 2.0; of each part inside see {licences}.\n\n"
    (copyright_ / "copyright").write_text(told + (PACKAGING.parent / "LICENSE").read_text("utf-8"), "utf-8")


def _linked(home: Path) -> Iterator[tuple[str, Path]]:
    """Yield each place in the system and the file below the program's folder that it leads to."""
    yield "usr/bin/zhian", home / "files/bin/zhian"
    for path in sorted((home / "entries").rglob("*")):
        if path.is_file():
            yield f"usr/share/{path.relative_to(home / 'entries').as_posix()}", path


def _control(tree: Path, package: Package) -> None:
    size = sum(path.lstat().st_size for path in tree.rglob("*") if path.is_file() and not path.is_symlink())
    folder = tree / "DEBIAN"
    folder.mkdir(mode=0o755)
    (folder / "control").write_text(control(package, version(), size // 1024), "utf-8")
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def control(package: Package, number: str, kilobytes: int) -> str:
    """Return what dpkg is told of a package."""
    what = "window, engine and tools" if package.window else "engine and tools, without a window"
    return (
        f"Package: {package.id}\nVersion: {number}\nArchitecture: amd64\nMaintainer: {MAKER}\n"
        f"Installed-Size: {kilobytes}\nDepends: {', '.join(package.depends)}\n"
        f"Conflicts: {package.other}\nReplaces: {package.other}\nSection: science\nPriority: optional\n"
        f"Description: {SAID['en']}: {what}\n"
        f" {TITLE['zh']}：{SAID['zh']}。\n Needs no network, and makes no connection that was not set.\n"
    )
