"""Whether a folder is on another machine, where a database can't share memory."""

from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")

_REMOTE = {
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "fhgfs",
    "gfs2",
    "glusterfs",
    "gpfs",
    "lustre",
    "nfs",
    "nfs4",
    "orangefs",
    "panfs",
    "smb3",
    "smbfs",
    "vboxsf",
    "virtiofs",
    "wekafs",
}


def is_remote(folder: Path, mounts: Path = MOUNTS) -> bool:
    """Whether the folder lies on a network file system, as far as the system tells; only Linux
    does. Each line of `mounts` has a mount point in its fifth column, and the type of its file
    system behind a lone dash (proc(5)).
    """
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return False
    place = folder.resolve()
    deepest, kind = -1, ""
    for line in lines:
        columns, _, behind = line.partition(" - ")
        fields = columns.split(" ")
        if len(fields) < 5 or not behind:
            continue
        point = Path(_unescaped(fields[4]))
        # Of two mounts at one place, the later hides the earlier.
        if place.is_relative_to(point) and len(point.parts) >= deepest:
            deepest, kind = len(point.parts), behind.split(" ")[0]
    return kind in _REMOTE or kind.startswith("fuse.")


def _unescaped(path: str) -> str:
    for code, character in (("040", " "), ("011", "\t"), ("012", "\n"), ("134", "\\")):
        path = path.replace(f"\\{code}", character)
    return path
