"""A release as files: hashes of all, and a zip with the same bytes each time."""

import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from claims.errors import FormatError

from .about import PublishedFile

SUMS = "SHA256SUMS"
# A zip holds no earlier day; the time of packing would make two zips of one release differ.
THE_DAY = (1980, 1, 1, 0, 0, 0)
MOST_BYTES = 20 * 2**30


def listed(folder: Path) -> list[PublishedFile]:
    """Return the files of a folder in the order of their paths, but for the list of hashes itself."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    found = [(path.relative_to(folder).as_posix(), path) for path in paths]
    return [PublishedFile(name, path.stat().st_size, digest_of(path)) for name, path in found if name != SUMS]


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_sums(folder: Path) -> None:
    """Write the hash of every file as ``sha256sum -c`` reads it."""
    lines = [f"{file.sha256}  {file.path}\n" for file in listed(folder)]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8", newline="\n")


def read_sums(folder: Path) -> dict[str, str]:
    """Return {path: hash}; raises FormatError where a line is something else."""
    found = {}
    for number, line in enumerate((folder / SUMS).read_text(encoding="utf-8").splitlines(), 1):
        digest, _, path = line.partition("  ")
        if len(digest) != 64 or not path:
            raise FormatError(f"{SUMS} line {number}: this is no hash and path.")
        found[path] = digest
    return found


def pack(folder: Path, target: Path) -> None:
    """Write a zip of the folder, under the folder's name."""
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(f"{folder.name}/{path.relative_to(folder).as_posix()}", THE_DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            with archive.open(entry, "w", force_zip64=True) as file, path.open("rb") as source:
                while part := source.read(2**20):
                    file.write(part)


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Yield the folder of a release, given as that folder or as its zip; raises FormatError where it is neither."""
    if path.is_dir():
        yield path
        return
    with TemporaryDirectory() as temporary:
        try:
            with zipfile.ZipFile(path) as archive:
                if sum(entry.file_size for entry in archive.infolist()) > MOST_BYTES:
                    raise FormatError(f"{path.name}: unpacked it would fill more than {MOST_BYTES // 2**30} GB.")
                archive.extractall(temporary)
        except (OSError, zipfile.BadZipFile, NotImplementedError) as error:
            raise FormatError(f"{path.name}: this is neither the folder nor the zip of a release ({error}).") from error
        inside = list(Path(temporary).iterdir())
        if len(inside) != 1 or not inside[0].is_dir():
            raise FormatError(f"{path.name}: the zip of a release holds one folder.")
        yield inside[0]
