"""Drives the real programs: a tiny corpus, a sweep file, runs of merctl, their processes, and what a store holds."""
import json
import os
import random
import signal
import socket
import sqlite3
import struct
import subprocess
import uuid
from pathlib import Path

from fake_slurm import wait_until

SOURCE = Path(__file__).parents[2]
BIN = Path(os.environ.get("MER_BIN", SOURCE / "build" / "debug" / "bin"))
LABELS = ["angry", "happy", "neutral", "sad"]
MODALITIES = {"audio": 6, "text": 8}
SESSIONS, DIALOGUES, TURNS = 3, 4, 6
TRIALS, EPOCHS = 6, 10


def write_safetensors(path: Path, name: str, rows: list[list[float]]) -> None:
    """One float32 matrix in the safetensors format: length of the header, the header, the numbers."""
    data = b"".join(struct.pack(f"<{len(row)}f", *row) for row in rows)
    header = json.dumps({name: {"dtype": "F32", "shape": [len(rows), len(rows[0])], "data_offsets": [0, len(data)]}})
    header += " " * (-len(header) % 8)
    path.write_bytes(struct.pack("<Q", len(header)) + header.encode() + data)


def feature_row(corpus: Path, modality: str, row: int) -> list[float]:
    """Of a feature file, as docs/corpus.md has it."""
    data = (corpus / "features" / f"{modality}.safetensors").read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    dim = json.loads(data[8:8 + length])["features"]["shape"][1]
    return list(struct.unpack_from(f"<{dim}f", data, 8 + length + 4 * dim * row))


def write_corpus(folder: Path) -> Path:
    """Three sessions of two speakers each; the features lean on the label, so that there is something to learn."""
    draw = random.Random(7)
    rows, features = [], {modality: [] for modality in MODALITIES}
    for session in range(1, SESSIONS + 1):
        for dialogue in range(DIALOGUES):
            for turn in range(TURNS):
                label = draw.randrange(len(LABELS))
                name = f"Ses{session}_d{dialogue}"
                speaker = f"S{session}{'FM'[turn % 2]}"
                rows.append(f"{name}_{turn:02},{name},{turn},Ses{session},{speaker},{LABELS[label]}")
                for modality, dim in MODALITIES.items():
                    features[modality].append([draw.gauss(0.8 if column == label else 0.0, 1.0) for column in range(dim)])
    (folder / "features").mkdir(parents=True)
    (folder / "utterances.csv").write_text("utterance,dialogue,turn,session,speaker,label\n" + "\n".join(rows) + "\n")
    for modality, matrix in features.items():
        write_safetensors(folder / "features" / f"{modality}.safetensors", "features", matrix)
    described = {name: {"dim": dim, "file": f"features/{name}.safetensors"} for name, dim in MODALITIES.items()}
    (folder / "corpus.json").write_text(json.dumps(
        {"format": 1, "name": "tiny", "labels": LABELS, "utterances": len(rows), "modalities": described}))
    return folder


def sweep_of(corpus: Path, **changes) -> dict:
    """Six trials (three sessions x auxiliary loss on, off) that take a few seconds together; None drops a key."""
    sweep = {
        "name": "tiny",
        "corpus": {"path": str(corpus)},
        "folds": {"scheme": "session"},
        "model": {"hidden": 8, "heads": 2},
        "train": {"epochs": EPOCHS, "batch_dialogues": 3, "learning_rate": 1e-3},
        "grid": {"model.auxiliary_loss": [True, False]},
    }
    return {key: value for key, value in (sweep | changes).items() if value is not None}


def address_of_this_machine() -> str | None:
    """Not a loopback one. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return probe.getsockname()[0]


class Mer:
    """merctl on one store. Every process that it leads to carries this run's mark in its environment."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.store = folder / "store"
        self.mark = f"MER_TEST_RUN={uuid.uuid4().hex}"
        self.log = folder / "merctl.log"
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("MER_", "SLURM_"))}
        # Open MPI leaks at exit by design; the checkpoint interval is short, so that tiny trials have checkpoints.
        self.environment |= {
            "MER_STORE": str(self.store),
            "MER_CHECKPOINT_SECONDS": "0",
            "ASAN_OPTIONS": "detect_leaks=0",
            "CUDA_VISIBLE_DEVICES": "",  # the bits of the CPU are compared, also where there is a GPU
            "MER_TEST_RUN": self.mark.split("=")[1],
        }

    def write_sweep(self, sweep: dict, name: str = "sweep.json") -> Path:
        path = self.folder / name
        path.write_text(json.dumps(sweep))
        return path

    def run(self, *arguments, seconds: float = 300.0) -> subprocess.CompletedProcess:
        """merctl to its end."""
        run = subprocess.run([BIN / "merctl", *map(str, arguments)], env=self.environment, cwd=self.folder,
                             stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, check=False)
        with self.log.open("a") as log:
            log.write(f"$ merctl {' '.join(map(str, arguments))}\n{run.stdout}{run.stderr}-> {run.returncode}\n")
        return run

    def start(self, *arguments) -> subprocess.Popen:
        """merctl in the background, in a session of its own."""
        with self.log.open("a") as log:
            log.write(f"$ merctl {' '.join(map(str, arguments))} &\n")
            log.flush()
            return subprocess.Popen([BIN / "merctl", *map(str, arguments)], env=self.environment, cwd=self.folder,
                                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def processes(self, name: str | None = None) -> list[int]:
        """Live processes of this run, oldest first; by program name when one is given."""
        found = []
        for process in Path("/proc").iterdir():
            if not process.name.isdigit():
                continue
            try:
                marked = self.mark.encode() in (process / "environ").read_bytes().split(b"\0")
                comm = (process / "comm").read_text().strip()
            except OSError:
                continue
            if marked and name in (None, comm):
                found.append(int(process.name))
        return sorted(found)

    def kill(self, name: str | None) -> list[int]:
        """SIGKILL to the run's processes of that name (of workers and trainers the first); None: to all at once."""
        victims = wait_until(lambda: self.processes(name), f"a process {name} runs")
        if name in ("mer-worker", "mer-trainer"):
            victims = victims[:1]
        self.kill_processes(victims)
        return victims

    @staticmethod
    def kill_processes(pids: list[int]) -> None:
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def close(self) -> None:
        """Leaves nothing behind, whatever the test did."""
        for _ in range(100):
            pids = self.processes()
            if not pids:
                return
            self.kill_processes(pids)

    def query(self, sql: str) -> list[tuple]:
        """Rows of the database, read-only; none while there is no database or no table yet."""
        database = self.store / "mer.db"
        if not database.exists():
            return []
        connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)
        try:
            return connection.execute(sql).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise
        finally:
            connection.close()

    def epoch_rows(self) -> int:
        return (self.query("SELECT count(*) FROM curve") or [(0,)])[0][0]

    def states(self) -> list[str]:
        return [state for (state,) in self.query("SELECT state FROM trials ORDER BY trial")]

    def outcome(self) -> dict[str, list[tuple]]:
        """Everything that an interruption must not change: all but attempt numbers, times, memory and host names."""
        columns = [name for (name,) in self.query("SELECT name FROM pragma_table_info('epochs')")
                   if name not in ("trial", "attempt")]
        return {
            "trials": self.query("SELECT id, configuration, fold, seed, state, epoch, message FROM trials ORDER BY id"),
            "curves": self.query(f"SELECT t.id, {', '.join('c.' + name for name in columns)} FROM curve c"
                                 " JOIN trials t USING (trial) ORDER BY t.id, c.split, c.epoch"),
            "results": self.query("SELECT t.id, r.epochs, r.weights_sha256, r.parameters FROM trial_results r"
                                  " JOIN trials t USING (trial) ORDER BY t.id"),
            "predictions": self.query("SELECT t.id, s.rule, s.metric, s.epoch, s.confusion, p.probabilities"
                                      " FROM selected s JOIN trials t USING (trial)"
                                      " JOIN predictions p ON p.trial = s.trial AND p.number = s.prediction"
                                      " ORDER BY t.id, s.rule, s.metric"),
        }
