"""The Windows installer, made here: Python as its makers signed it, the same locked packages, NSIS."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from installers import papers, wheels
from installers.icons import write_ico
from installers.place import APP_ID, PACKAGING, Words, epoch, missing, out, run, version, work

UV_PLATFORM = "x86_64-pc-windows-msvc"
LOCK = PACKAGING / "windows/python.txt"
SIGNED = ("python.exe", "pythonw.exe", "python311.dll", "libcrypto-3.dll", "libssl-3.dll", "sqlite3.dll")
SIGNER = "O=Python Software Foundation"
PYTHON = papers.Part("CPython", "3.11.9", "pkg:generic/cpython@3.11.9", "PSF-2.0")
PATHS = "python311.zip\n.\nLib\\site-packages\n"


def stage() -> Path:
    """Return a folder that holds what the installer puts on the machine."""
    folder = work() / "windows"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with zipfile.ZipFile(embeddable()) as archive:
        for member in archive.infolist():
            if not member.is_dir():
                (folder / Path(member.filename).name).write_bytes(archive.read(member))
    for name in SIGNED:
        check_signature(folder / name)
    (folder / "python311._pth").write_text(PATHS, "ascii", newline="\r\n")
    site = folder / "Lib/site-packages"
    wheels.install(site, UV_PLATFORM)
    shutil.copy(PACKAGING / "windows/zhian.cmd", folder)
    write_ico(folder / "zhian.ico")
    _papers(folder, site)
    for path in folder.rglob("*"):
        os.utime(path, (epoch(), epoch()))
    return folder


def embeddable() -> Path:
    """Return the archive of Python for Windows: the pinned one, or that which ``PYTHON_EMBED`` names."""
    own = os.environ.get("PYTHON_EMBED")
    if own:
        return Path(own)
    folder = work() / "embed"
    shutil.rmtree(folder, ignore_errors=True)
    # The environment has no pip of its own: that of the Python it was made with set it up.
    pip: Words = [Path(sys.base_prefix) / "bin/python3", "-m", "pip", "download", "--quiet", "--no-deps"]
    run([*pip, "--require-hashes", "--no-binary", ":all:", "--dest", folder, "--requirement", LOCK])
    (source,) = folder.glob("*.tar.gz")
    archive = folder / "python.zip"
    with tarfile.open(source) as tar:
        (member,) = (one for one in tar.getmembers() if one.name.endswith("/data.zip"))
        inner = tar.extractfile(member)
        assert inner is not None  # noqa: S101 - it is a file
        archive.write_bytes(inner.read())
    return archive


def check_signature(file: Path) -> None:
    """Refuse a file of Python that its makers did not sign as it stands."""
    if not shutil.which("osslsigncode"):
        raise missing("to check signatures, osslsigncode is needed: apt-get install osslsigncode nsis")
    # The certificate's root is Microsoft's, which Linux does not have: the digest and the name are compared here.
    command = ["osslsigncode", "verify", "-in", str(file)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    digests = re.findall(r"^(?:Current|Calculated) message digest\s*: (\w+)", answer, re.MULTILINE)
    if len(digests) < 2 or len(set(digests)) != 1 or SIGNER not in answer:
        raise SystemExit(f"packaging: {file.name} is not as {SIGNER} signed it")


def _papers(folder: Path, site: Path) -> None:
    packages = wheels.packages(site)
    parts = [PYTHON, *(papers.of_package(one) for one in packages)]
    if gpl := papers.refused(parts):
        raise SystemExit(f"packaging: these may not be inside: {gpl}")
    without = papers.collect_licences(packages, folder / "licences")
    (folder / "licences/python").mkdir()
    shutil.move(folder / "LICENSE.txt", folder / "licences/python/LICENSE.txt")
    print(f"windows: {len(parts)} parts, without a licence file of their own: {', '.join(without) or 'none'}")
    bill = papers.bill(f"{APP_ID}.windows", version(), parts)
    papers.write_json(folder / "sbom.cdx.json", bill)
    papers.write_json(out() / f"{APP_ID}_{version()}_windows.cdx.json", bill)


def make_installer(folder: Path) -> Path:
    """Make the installer of a staged folder and return its file."""
    if not shutil.which("makensis"):
        raise missing("to make the installer, makensis is needed: apt-get install nsis")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    target = out() / f"zhian-twin-{version()}-windows-x64.exe"
    defined = {"STAGE": folder, "OUT": target, "VERSION": version(), "KILOBYTES": size // 1024,
               "MEGABYTES": size // 900_000}  # fmt: skip
    run(["makensis", "-V2", "-INPUTCHARSET", "UTF8", *(f"-D{name}={value}" for name, value in defined.items()),
         PACKAGING / "windows/zhian.nsi"], SOURCE_DATE_EPOCH=str(epoch()))  # fmt: skip
    return target


def summary(target: Path) -> str:
    """Return the installer's name and size."""
    return f"{target}: {target.stat().st_size / 1e6:.0f} MB"
