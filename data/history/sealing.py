"""Which files of a lake are encrypted, by what key, and how each reader opens them.

Parquet does it by its own means (Modular Encryption, AES-GCM): every page and the footer, each bound to its place in
the file. PyArrow writes and reads it; DuckDB reads it through PyArrow, as its own way (2.0) finds other sums than were
written once a column has two pages or is filtered; Spark is not given the key. Each file says by its first bytes what
it is, so that a lake of both kinds is whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.dataset as ds
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pyarrow.parquet.encryption import create_decryption_properties, create_encryption_properties

from data.sealed import SECRET, home_of, made_key
from data.secrets import secret, settings_of

if TYPE_CHECKING:
    import duckdb

MAGIC = b"PARE"
_KEYS: dict[Path, bytes] = {}
"""The keys of the lakes that were read: a keyring is slow to ask."""


def is_sealed(path: Path) -> bool:
    """Tell whether a Parquet file is encrypted."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def new_key(folder: Path) -> bytes:
    """Return the key for new files of a lake; none where the settings do not have it encrypted."""
    home = home_of(folder)
    return lake_key(made_key(home)) if home is not None and settings_of(home).encrypt else b""


def known_key(folder: Path) -> bytes:
    """Return the key that the encrypted files of a lake open with; none if there is none."""
    if folder not in _KEYS:
        home = home_of(folder)
        kept = secret(home, SECRET) if home is not None else None
        if kept is None:
            return b""
        _KEYS[folder] = lake_key(kept.decode())
    return _KEYS[folder]


def lake_key(key: str) -> bytes:
    """Return what encrypts the lakes of an installation whose key is ``key``: no key is used for two things."""
    return HKDF(SHA256(), 32, salt=None, info=b"lake").derive(bytes.fromhex(key))


def to_write(key: bytes) -> Any:
    """Return PyArrow's properties for writing with a key."""
    return create_encryption_properties(key) if key else None


def to_read(folder: Path) -> Any:
    """Return PyArrow's properties for reading a lake, encrypted files or plain ones."""
    key = known_key(folder)
    return create_decryption_properties(key, allow_plaintext_files=True) if key else None


def read_by(connection: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> duckdb.DuckDBPyRelation:
    """Return the rows of a lake's files for DuckDB.

    Raises
    ------
    FileNotFoundError
        If one of them was replaced meanwhile.
    """
    if not any(is_sealed(Path(path)) for path in paths):
        return connection.read_parquet(list(paths), hive_partitioning=False)
    return connection.from_arrow(dataset(Path(paths[0]).parent.parent, paths))


def dataset(folder: Path, paths: Sequence[str]) -> ds.Dataset:
    """Return files of a lake as PyArrow asks them."""
    opened = ds.ParquetFragmentScanOptions(decryption_properties=to_read(folder))
    return ds.dataset(paths, format=ds.ParquetFileFormat(default_fragment_scan_options=opened))
