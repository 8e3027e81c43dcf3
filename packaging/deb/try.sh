#!/bin/sh
# Run in a clean Debian without a network, on a layer that is thrown away: installs, uses and removes the package.
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
id=$1
say() { echo "== $*"; }
now() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN {printf "%.1f s\n", b - a}'; }
find / -xdev \( -path /proc -o -path /try \) -prune -o -print | sort > /try/before.txt

say "install"; start=$(now)
dpkg -i /try/$id.deb > /try/dpkg.log 2>&1 || { tail -20 /try/dpkg.log; exit 1; }
echo "installed in $(since $start)"
dpkg-query -W -f '${Package} ${Version} ${db:Status-Status} ${Installed-Size} kB\n' $id

say "command line in a locale of C"; start=$(now)
zhian --help > /try/help.txt; echo "help in $(since $start): $(wc -l < /try/help.txt) lines"
useradd -m officer 2> /dev/null || true
mkdir -p "/home/officer/值守 台"; chown -R officer "/home/officer/值守 台"; chmod 777 /try
as() { su officer -s /bin/sh -c "cd '/home/officer/值守 台' && $*"; }
say "a twin, made and exported without a display, by a user without rights"; start=$(now)
as "zhian --json county build --small --name small" > /try/build.txt; echo "built in $(since $start)"
as "zhian export buildings --twin small --to '/home/officer/值守 台/楼 buildings.gpkg'"
as "zhian export roads --twin small --to roads.geojson"
ls -l "/home/officer/值守 台"
say "doctor"
as "zhian doctor" || echo "doctor ended with $?"
if [ -e /usr/share/applications/cn.zhian.twin.desktop ]; then
    say "window"
    for library in /opt/apps/$id/files/python/lib/python3.11/dist-packages/PySide6/Qt/plugins/platforms/libqxcb.so; do
        ldd $library | grep "not found" || true
    done
    for round in cold warm; do
        start=$(now)
        as "zhian run --twin small --size 1600x900 --screenshot /try/window-$round.png"
        echo "$round: window, county and picture in $(since $start)"
    done
    as "zhian --language en run --twin small --size 1600x900 --theme light --screenshot /try/window-light.png"
    desktop-file-validate /usr/share/applications/cn.zhian.twin.desktop 2> /dev/null && echo "desktop file is valid" || true
fi
say "kept by the user before removal"; as "zhian county list"
say "remove"; start=$(now)
dpkg -r $id >> /try/dpkg.log 2>&1; echo "removed in $(since $start)"
dpkg -P $id >> /try/dpkg.log 2>&1 || true
find / -xdev \( -path /proc -o -path /try \) -prune -o -print | sort > /try/after.txt
say "left behind, but for the user's own home and what dpkg keeps of itself"
comm -13 /try/before.txt /try/after.txt | grep -v -e '^/home/officer' -e '^/var/lib/dpkg/' -e '^/var/log/' -e '^/tmp/' \
    -e '^/etc/\(passwd\|shadow\|group\|gshadow\|subuid\|subgid\)' -e '^/var/mail/officer' -e '^/var/cache/' \
    -e '^/dev/shm/' -e '^/root/' && exit 1
echo "nothing"
ls /home/officer/.local/share/zhian/twins
