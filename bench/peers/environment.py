"""Python environments of the peers, made from a file of pinned requirements."""

import subprocess
import sys
from pathlib import Path


def make(venv: Path, requirements: Path) -> Path:
    """The environment's Python; made first when it is not there, or made from other requirements."""
    python, ready, wanted = venv / "bin" / "python", venv / "ready", requirements.read_text()
    if not ready.exists() or ready.read_text() != wanted:
        print(f"making the peers' environment in {venv}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", requirements], check=True)
        ready.write_text(wanted)
    return python
