#!/bin/sh
# Run in a clean Debian with wine and without a network: installs silently, tests itself, installs over, removes.
set -eu
export WINEDEBUG=-all WINEPREFIX=/root/wine LC_ALL=C.UTF-8 DISPLAY= PATH=/usr/local/bin:/usr/bin:/bin:/usr/lib/wine
say() { echo "== $*"; }
now() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN {printf "%.1f s\n", b - a}'; }
wine=$(command -v wine || command -v wine64)
key='HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall\Zhian Twin'
place="$WINEPREFIX/drive_c/Program Files/Zhian Twin"
say "a bare Windows"; $wine wineboot -i > /try/wineboot.log 2>&1; wineserver -w; $wine --version
find "$WINEPREFIX/drive_c" | sort > /try/before.txt
say "install for all users, silently"; start=$(now)
$wine /try/setup.exe /S /AllUsers; echo "exit code $?; $(since $start)"; wineserver -w
du -sm "$place"
$wine reg query "$key" | tr -d '\r' | grep -E 'DisplayName|DisplayVersion|UninstallString|EstimatedSize'
find "$WINEPREFIX/drive_c" -name '*.lnk' | sort | comm -13 /try/before.txt -
say "the program's own Python, with what it was signed with"
$wine "$place/python.exe" -c "import sys, ssl, sqlite3, ctypes; print(sys.version, ssl.OPENSSL_VERSION); print(sys.path)"
say "every locked package is found, and each module of ours without compiled parts of others can be read"
$wine "$place/python.exe" -c "
import compileall, importlib.metadata as m
print(len(list(m.distributions())), 'packages;', m.version('zhian-twin'))
import msgspec, sqlalchemy, cryptography, platformdirs, PySide6, shiboken6
print('msgspec', 'sqlalchemy', 'cryptography', PySide6.__version__)"
say "the command line"
$wine "$place/python.exe" -m app --version 2>&1 | head -3 || true
$wine "$place/python.exe" -m app --language en doctor 2>&1 | tail -25 || true
say "install over it"; start=$(now)
echo kept > "$WINEPREFIX/drive_c/users/root/kept.txt"
$wine /try/setup.exe /S /AllUsers; echo "exit code $?; $(since $start)"; wineserver -w
say "remove, silently"; start=$(now)
$wine "$place/uninstall.exe" /S /AllUsers; wineserver -w; echo "exit code $?; $(since $start)"
$wine reg query "$key" > /dev/null 2>&1 && { echo "its entry is still there"; exit 1; }
find "$WINEPREFIX/drive_c" | sort > /try/after.txt
say "left behind"; comm -13 /try/before.txt /try/after.txt | grep -v -e 'kept.txt' -e '/Temp/' -e '/AppData/' -e '/windows/' && exit 1
echo "nothing"
