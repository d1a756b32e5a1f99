"""Write one file of an archive to standard output: extract_member.py ARCHIVE [MEMBER].

ARCHIVE is a wheel or zip, a tar file, a Debian package, or a single gzip file (no MEMBER). Only the bytes of the named
member leave the archive, so that no archive can write anywhere else, and no more than any file that is wanted has.
"""

import gzip
import io
import sys
import tarfile
import zipfile

LARGEST = 512 << 20


def open_member(path, member):
    if path.endswith((".whl", ".zip")):
        return zipfile.ZipFile(path).open(member)
    if path.endswith(".deb"):
        return tarfile.open(fileobj=debian_data(path)).extractfile(member)
    if path.endswith((".tgz", ".tar.gz")):
        return tarfile.open(path).extractfile(member)
    return gzip.open(path)


def debian_data(path):
    """The data.tar.* of a Debian package, which is an `ar` archive: 60-byte headers, contents padded to even lengths."""
    with open(path, "rb") as deb:
        deb.seek(len("!<arch>\n"))
        while header := deb.read(60):
            name, size = header[:16].decode().strip(), int(header[48:58])
            if name.startswith("data.tar"):
                return io.BytesIO(deb.read(size))
            deb.seek(size + size % 2, io.SEEK_CUR)
    raise ValueError(f"{path} holds no data.tar")


def main(archive, member=None):
    left = LARGEST
    with open_member(archive, member) as source:
        while chunk := source.read(1 << 20):
            left -= len(chunk)
            if left < 0:
                raise ValueError(f"it unpacks to more than {LARGEST >> 20} MiB")
            sys.stdout.buffer.write(chunk)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Exception as error:  # noqa: BLE001 - of an archive that is none, such as the page of a network that asks for a login
        sys.exit(f"{sys.argv[1]}: {type(error).__name__}: {error}")
