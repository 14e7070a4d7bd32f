"""Memory and costs of the embedded server, in a file beside its data that an operator may edit."""

from pathlib import Path

import psutil

FILE = "influencerflow.conf"
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
_MEGABYTE = 2**20


def write_server_settings(data_dir: Path) -> bool:
    """Writes the file unless it is there, and has the server read it; True if it was written, for the next start."""
    file, main = data_dir / FILE, data_dir / "postgresql.conf"
    if file.exists() or not main.exists():
        return False
    file.write_text(_settings(_memory() // _MEGABYTE))
    with main.open("a") as config:
        config.write(f"\ninclude_if_exists = '{FILE}'\n")
    return True


def _settings(megabytes: int) -> str:
    """The vector index has to stay in memory: a quarter of it, which is not taken before it is used."""
    return f"""\
# Written when this server was first started, and never again: edit it as you like, and restart.
shared_buffers = {min(8192, max(128, megabytes // 4))}MB
effective_cache_size = {max(256, megabytes // 2)}MB
work_mem = 32MB
max_wal_size = 4GB
"""


def _memory() -> int:
    """Bytes this process and its children may use."""
    total = int(psutil.virtual_memory().total)
    try:
        return min(total, int(_CGROUP_LIMIT.read_text()))
    except (OSError, ValueError):
        return total
