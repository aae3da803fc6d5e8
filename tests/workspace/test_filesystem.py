from pathlib import Path

import pytest

from backlit.workspace.filesystem import is_remote

MOUNTS = r"""
21 28 0:20 / /proc rw,nosuid - proc proc rw
28 1 259:1 / / rw,relatime shared:1 - ext4 /dev/root rw
40 28 0:40 / /home rw,relatime shared:7 master:1 - nfs4 server:/home rw,vers=4.2
41 40 0:41 / /home/ann/local\040disk rw - xfs /dev/sdb rw
42 28 0:42 / /scratch rw - lustre mgs:/fs rw
43 28 0:43 / /twice rw - ext4 /dev/sdc rw
44 43 0:44 / /twice rw - cifs //server/share rw
45 28 0:45 / /far rw - fuse.sshfs ann@server: rw
46 28 0:46 / /windows rw - fuseblk /dev/sdd rw
a line that is none
"""


@pytest.mark.parametrize(
    ("folder", "remote"),
    [
        ("/", False),
        ("/srv/work", False),
        ("/home", True),
        ("/home/ann", True),
        ("/home/ann/local disk/work", False),
        ("/homes", False),
        ("/scratch/a/b", True),
        ("/twice", True),
        ("/far/away", True),
        ("/windows", False),
    ],
)
def test_the_deepest_mount_tells(tmp_path: Path, folder: str, remote: bool) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    assert is_remote(Path(folder), mounts) is remote


def test_where_the_system_does_not_tell(tmp_path: Path) -> None:
    assert not is_remote(tmp_path, tmp_path / "nowhere")
