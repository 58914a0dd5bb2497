"""ZIP archives (XLSX is one): what they hold, and that opening them is harmless.

Sizes are checked before anything is unpacked, by the directory and by the compressed streams
themselves. Names of members are labels; they never become paths.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sources.sheets import FileRefused, visible

MAX_TOTAL_BYTES = 1024**3
MAX_MEMBERS = 2_000
# Exports shrink 5 to 50 times; deflate cannot do more than 1,032.
MAX_RATIO = 200
_SMALL = 16 * 1024**2
_CHUNK = 4 * 1024**2
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1


@dataclass(frozen=True)
class Archive:
    """A checked ZIP archive. `names` are labels by position."""

    file: zipfile.ZipFile
    entries: Sequence[zipfile.ZipInfo]
    names: Sequence[str]

    def read(self, position: int) -> bytes:
        """Raises FileRefused when the member is damaged."""
        return b"".join(self.chunks(position))

    def chunks(self, position: int) -> Iterator[bytes]:
        """The member piece by piece. Raises FileRefused when it is damaged."""
        try:
            with self.file.open(self.entries[position]) as stream:
                while chunk := stream.read(_CHUNK):
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise FileRefused("zip_broken", where=self.names[position]) from error


def open_archive(data: bytes) -> Archive:
    """Raises FileRefused for an archive that is broken, encrypted or too large when unpacked."""
    try:
        file = zipfile.ZipFile(io.BytesIO(data))
        entries = [entry for entry in file.infolist() if not entry.is_dir()]
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise FileRefused("zip_broken") from error
    names = [_label(entry) for entry in entries]
    if len(entries) > MAX_MEMBERS:
        raise FileRefused("zip_bomb", detail=f"{len(entries):,} members")
    if len({entry.filename for entry in entries}) != len(entries):
        raise FileRefused("zip_broken", detail="the same name twice")
    total = sum(entry.file_size for entry in entries)
    if total > MAX_TOTAL_BYTES:
        raise FileRefused("zip_bomb", detail=f"{len(data):,} → {total:,} bytes")
    for entry, name in zip(entries, names, strict=True):
        if entry.flag_bits & _ENCRYPTED:
            raise FileRefused("zip_encrypted", where=name)
        if entry.file_size > _SMALL and entry.file_size > MAX_RATIO * entry.compress_size:
            detail = f"{entry.compress_size:,} → {entry.file_size:,} bytes"
            raise FileRefused("zip_bomb", where=name, detail=detail)
        size = _true_size(data, entry, name)
        if size > entry.file_size:
            raise FileRefused("zip_bomb", where=name, detail="larger than it says")
        if size < entry.file_size:
            raise FileRefused("zip_broken", where=name)
    return Archive(file, entries, names)


def _true_size(data: bytes, entry: zipfile.ZipInfo, name: str) -> int:
    """Bytes the member really unpacks to, counted up to one more than it says.

    The directory may lie, and whoever unpacks next may believe the stream instead.
    """
    if entry.compress_type == zipfile.ZIP_STORED:
        return entry.compress_size
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise FileRefused("zip_broken", where=name, detail=f"method {entry.compress_type}")
    local = data[entry.header_offset : entry.header_offset + 30]
    if len(local) < 30 or not local.startswith(b"PK\x03\x04"):
        raise FileRefused("zip_broken", where=name)
    names_length = int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little")
    start = entry.header_offset + 30 + names_length
    view = memoryview(data)[start : start + entry.compress_size]
    inflate = zlib.decompressobj(-15)
    size = 0
    try:
        for offset in range(0, len(view), _CHUNK):
            pending = view[offset : offset + _CHUNK]
            while pending and size <= entry.file_size:
                size += len(inflate.decompress(pending, _CHUNK))
                pending = inflate.unconsumed_tail
    except zlib.error as error:
        raise FileRefused("zip_broken", where=name) from error
    return size


def _label(entry: zipfile.ZipInfo) -> str:
    """The member's name for people; Windows writes CP932 names without saying so."""
    name = entry.filename
    if not entry.flag_bits & _UTF8_NAME:
        try:
            name = name.encode("cp437").decode("cp932")
        except UnicodeError:
            name = entry.filename
    return visible(name.replace("\n", " ").replace("\t", " "))
