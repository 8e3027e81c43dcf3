#!/bin/sh
# Run in a bare Debian 11: OpenSSL and CPython from Debian 12's own sources, whose signatures apt checks, built for the
# oldest glibc that is promised. Leaves /opt/python, which can be moved anywhere, and what Qt needs of X11 in /opt/xcb.
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mirror=$1
security=$2
keys="[signed-by=/usr/share/keyrings/of-the-builder.gpg]"
cat > /etc/apt/sources.list <<END
deb $mirror bullseye main
deb-src $keys $mirror bookworm main
deb-src $keys $security bookworm-security main
END
apt-get update -qq
apt-get install -qq -y --no-install-recommends build-essential patchelf xz-utils perl pkg-config \
    zlib1g-dev libbz2-dev liblzma-dev libffi-dev libsqlite3-dev uuid-dev \
    libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-render-util0 libxcb-util1 libxcb-xkb1 \
    libxkbcommon-x11-0 libxkbcommon0 > /build/apt.log
cd /build
# A mirror may lack what the security archive lists: then those of the newest point release; the bill says which.
apt-get source -qq openssl python3.11 || {
    sed -i /bookworm-security/d /etc/apt/sources.list
    apt-get update -qq
    apt-get source -qq openssl python3.11
}

cd /build/openssl-*/
[ -e Makefile ] || ./Configure linux-x86_64 --prefix=/opt/openssl --openssldir=/etc/ssl --libdir=lib shared no-tests > ../openssl.log
make -j2 build_sw >> ../openssl.log 2>&1
make install_sw >> ../openssl.log 2>&1

cd /build/python3.11-*/
[ -e Makefile ] || ./configure --prefix=/opt/python --with-openssl=/opt/openssl --with-openssl-rpath=auto \
    --without-ensurepip --disable-test-modules ${PGO:+--enable-optimizations --with-lto} > ../python.log 2>&1
make -j2 >> ../python.log 2>&1
make install >> ../python.log 2>&1

# What is of the desktop's own glibc stays there; all else that Python's modules ask for goes along.
python=/opt/python
modules=$python/lib/python3.11/lib-dynload
mkdir -p /opt/xcb /opt/bundled
asked() { ldd "$@" 2> /dev/null | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p' | sort -u; }
bundle() { # FILE FOLDER: copies a library and notes the Debian package that it is of
    cp -L "$1" "$2/$(basename "$1")"
    owner=$(dpkg -S "$1" 2> /dev/null || dpkg -S "/usr$1" 2> /dev/null || dpkg -S "${1#/usr}" 2> /dev/null || true)
    owner=${owner%%:*}
    if [ -n "$owner" ]; then
        dpkg-query -W -f '${source:Package}\t${source:Version}\n' "$owner" >> /opt/bundled/packages.all
        cp -L "/usr/share/doc/$owner/copyright" "/opt/bundled/$(dpkg-query -W -f '${source:Package}' "$owner")"
    fi
}
for library in $(asked $modules/*.so); do
    case $(basename "$library") in
        libc.* | libm.* | libdl.* | libpthread.* | libutil.* | librt.* | libcrypt.* | ld-linux*) ;;
        *) bundle "$library" $python/lib ;;
    esac
done
for name in cursor icccm image keysyms render-util util xkb; do
    bundle "$(ldconfig -p | sed -n "s|.*libxcb-$name\.so\.[0-9]* .*=> ||p" | head -1)" /opt/xcb
done
bundle "$(ldconfig -p | sed -n 's|.*libxkbcommon-x11\.so\.[0-9]* .*=> ||p' | head -1)" /opt/xcb
bundle "$(ldconfig -p | sed -n 's|.*libxkbcommon\.so\.[0-9]* .*=> ||p' | head -1)" /opt/xcb
for source in openssl-*:openssl python3.11-*:python3.11; do
    folder=$(echo /build/${source%%:*}/)
    (cd $folder && dpkg-parsechangelog -S Source && dpkg-parsechangelog -S Version) | paste - - >> /opt/bundled/packages.all
    cp $folder/debian/copyright /opt/bundled/${source##*:}
done
sort -u /opt/bundled/packages.all > /opt/bundled/packages.tsv
rm /opt/bundled/packages.all
strip --strip-unneeded $python/bin/python3.11 $modules/*.so $python/lib/*.so* /opt/xcb/*
patchelf --set-rpath '$ORIGIN/../..' $modules/*.so
patchelf --set-rpath '$ORIGIN' $python/lib/*.so* /opt/xcb/*
cd $python
rm -rf include share lib/pkgconfig lib/libpython3.11.a lib/python3.11/config-* lib/python3.11/idlelib \
    lib/python3.11/tkinter lib/python3.11/turtledemo lib/python3.11/lib2to3 lib/python3.11/ensurepip lib/python3.11/test
find . -name __pycache__ -prune -exec rm -rf {} +
for file in bin/*; do [ "$file" = bin/python3.11 ] || rm "$file"; done
$python/bin/python3.11 -c "import ssl, sqlite3, ctypes, bz2, lzma, zlib, uuid, hashlib, multiprocessing.synchronize; print(ssl.OPENSSL_VERSION)"
