"""Programs in the place of others: an mpirun whose workers start another trainer, and trainers under a limit."""
import os
import shutil
from pathlib import Path

import mer_run


def write_program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def use_trainer(mer: mer_run.Mer, text: str) -> Path:
    """From now on the workers of merctl start this script; $TRAINER is the real one."""
    folder = mer.folder / "programs"
    trainer = write_program(folder / "trainer", f"#!/bin/bash\nTRAINER={mer_run.BIN / 'mer-trainer'}\n{text}")
    write_program(folder / "mpirun", f'#!/bin/bash\nexec {shutil.which("mpirun")} "$@" --trainer {trainer}\n')
    mer.environment["PATH"] = f"{folder}:{os.environ['PATH']}"
    return trainer


class MemoryGroup:
    """A cgroup with a limit on memory, for processes that enter it. Raises OSError where none can be made."""

    def __init__(self, name: str, limit_bytes: int):
        self.path = self._parent() / name
        self.path.mkdir()
        try:
            for file in ("memory.max", "memory.limit_in_bytes"):
                if (self.path / file).exists():
                    (self.path / file).write_text(str(limit_bytes))
                    return
            raise OSError(f"{self.path} has no limit on memory")
        except OSError:
            self.close()
            raise

    @staticmethod
    def _parent() -> Path:
        """The cgroup of this process: of version 1 where memory is a controller of that, else of version 2."""
        groups = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
        for _, controllers, path in groups:
            if "memory" in controllers.split(","):
                return Path("/sys/fs/cgroup/memory" + path)
        return Path("/sys/fs/cgroup" + next(path for _, controllers, path in groups if not controllers))

    def close(self) -> None:
        try:
            self.path.rmdir()
        except OSError:
            pass
