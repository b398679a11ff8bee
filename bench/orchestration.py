#!/usr/bin/env python3
"""How much orchestration costs when training costs nothing: the real coordinator,
agents and store with trainers that answer at once (mer-worker --no-op), or that
are a process for each trial (no_op_trainer).

    bench/orchestration.py --trials 100000 --json figures.json

Needs a build with -DMER_BENCH=ON of merctl, mer-coordinator, mer-worker and
no_op_trainer; nothing of Python's beyond its library. With --peers, HyperQueue,
Ray Tune and Optuna do no-op trials in turns with mer (bench/peers/no_op.py).
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[0] = str(HERE)

from no_op import mer, spawn  # noqa: E402: found by the line above
from peers import no_op as peers  # noqa: E402

FOLDS = 12


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=HERE.parent / "build" / "release" / "bin")
    parser.add_argument("--trials", type=int, default=100_000, help="of the large store")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)), help="with the in-agent trainer")
    parser.add_argument("--at-once", type=int, default=128, help="trials that a worker holds")
    parser.add_argument("--processes", type=int, default=3000, help="trials with a process each")
    parser.add_argument("--process-workers", type=int, default=8 * len(os.sched_getaffinity(0)))
    parser.add_argument("--epochs", type=int, default=50, help="of the trials that measure metric values")
    parser.add_argument("--rounds", type=int, default=3, help="of everything but the large store and the failures")
    parser.add_argument("--peers", nargs="*", choices=list(peers.PEERS), default=[], metavar="PEER",
                        help=", ".join(peers.PEERS))
    parser.add_argument("--venv", type=Path, default=HERE.parent / "build" / "no-op-venv", help="of the peers")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args()


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Benchmark:
    def __init__(self, arguments: argparse.Namespace, folder: Path):
        self.arguments, self.folder = arguments, folder
        self.mer = mer.Mer(arguments.bin.resolve())
        self.in_agent = mer.Workers(arguments.workers, ["--no-op", str(arguments.at_once)])
        self.spawned = mer.Workers(arguments.process_workers,
                                   ["--trainer", str(arguments.bin.resolve() / "no_op_trainer")])
        self.number = 0

    def new_store(self, trials: int, epochs: int = 1) -> mer.Store:
        self.number += 1
        folder = self.folder / str(self.number)
        folder.mkdir()
        return mer.Store(self.mer, folder, -(-trials // FOLDS), epochs)

    def large_store(self) -> dict:
        """The life of one large sweep: planned, submitted, run, its coordinator killed half-way, run to its end."""
        say(f"a store of {self.arguments.trials} trials")
        store = self.new_store(self.arguments.trials)
        found = {"plan_seconds": store.plan(), "submit_seconds": store.submit(), "trials": store.count()}
        found["status_pending_seconds"] = store.status_seconds()
        first = store.run(self.in_agent, kill_at=store.count() // 2)
        second = store.run(self.in_agent)
        if store.count("done") != store.count():
            sys.exit(f"{store.count('done')} of {store.count()} trials are done")
        return found | {
            "start_seconds": first.first_assignment, "restart_seconds": second.first_assignment,
            "trials_per_second": second.rate, "coordinator_cpu_ms": second.cpu_ms,
            "coordinator_peak_mib": max(first.peak_mib, second.peak_mib),
            "status_seconds": store.status_seconds(), "status_sweep_seconds": store.status_seconds(mer.NAME),
            "results_seconds": store.results_seconds(), "store_bytes": store.database.stat().st_size}

    def processes(self) -> dict:
        """A process for each trial, and what the machine does without mer."""
        say("a process for each trial")
        trials, cores = self.arguments.processes, len(os.sched_getaffinity(0))
        bare = spawn.rate(["/bin/true"], trials, cores)
        store = self.new_store(trials)
        store.submit()
        return {"trials_per_second": store.run(self.spawned).rate, "bare_true_per_second": bare,
                "bare_trainer_per_second": spawn.rate([str(self.mer.programs / "no_op_trainer")], trials, cores)}

    def metric_values(self) -> dict:
        say("metric values")
        store = self.new_store(2400, self.arguments.epochs)
        store.submit()
        run = store.run(self.in_agent)
        return {"values_per_second": store.metric_values() / run.seconds}

    def failures(self) -> dict:
        say("a dead trainer and a stopped one")
        os.environ["MER_NO_OP_EPOCH_MS"] = "60000"
        store = self.new_store(FOLDS)
        store.submit()
        found = store.notice_failures(self.spawned)
        del os.environ["MER_NO_OP_EPOCH_MS"]
        return found

    def in_turns(self) -> list[dict]:
        """The rounds: mer's own, and the peers'."""
        rounds = []
        for number in range(self.arguments.rounds):
            say(f"round {number + 1} of {self.arguments.rounds}")
            found = {"processes": self.processes(), "metrics": self.metric_values()}
            for peer in self.arguments.peers:
                say(peer)
                found[peer] = peers.measure(peer, self.arguments.venv, self.folder)
            rounds.append(found)
        return rounds


def middle(rounds: list[dict], part: str, name: str) -> str:
    values = sorted(each[part][name] for each in rounds)
    return f"{statistics.median(values):,.0f} ({values[0]:,.0f}-{values[-1]:,.0f})"


def table(found: dict) -> str:
    large, rounds, failures = found["large"], found["rounds"], found["failures"]
    rows = [
        (f"plan {large['trials']:,} trials", f"{large['plan_seconds']:.2f} s"),
        ("plan and submit them", f"{large['submit_seconds']:.2f} s"),
        ("start to the first assignment", f"{large['start_seconds']:.2f} s"),
        ("restart after kill -9, to the first assignment", f"{large['restart_seconds']:.2f} s"),
        ("no-op trials/s, in-agent trainer", f"{large['trials_per_second']:,.0f}"),
        ("coordinator's CPU for each of them", f"{large['coordinator_cpu_ms']:.3f} ms"),
        ("coordinator, peak memory", f"{large['coordinator_peak_mib']:.0f} MiB"),
        ("`merctl status`, all pending", f"{1000 * large['status_pending_seconds']:.0f} ms"),
        ("`merctl status`, all done", f"{1000 * large['status_seconds']:.0f} ms"),
        ("`merctl status SWEEP`", f"{1000 * large['status_sweep_seconds']:.0f} ms"),
        ("`merctl results SWEEP`", f"{1000 * large['results_seconds']:.0f} ms"),
        ("no-op trials/s, a process each", middle(rounds, "processes", "trials_per_second")),
        ("bare spawns/s of /bin/true", middle(rounds, "processes", "bare_true_per_second")),
        ("bare spawns/s of no_op_trainer", middle(rounds, "processes", "bare_trainer_per_second")),
        ("metric values/s", middle(rounds, "metrics", "values_per_second")),
        ("a dead trainer is noticed after", f"{failures['dead_seconds']:.3f} s"),
        ("a stopped trainer is noticed after", f"{failures['stopped_seconds']:.1f} s")]
    for peer in found["peers"]:
        rows.append((f"{peers.PEERS[peer]}: no-op trials/s", middle(rounds, peer, "trials_per_second")))
    return "| | |\n|---|---:|\n" + "\n".join(f"| {name} | {value} |" for name, value in rows)


def main() -> None:
    arguments = parse()
    if arguments.peers:
        peers.prepare(arguments.venv)
    with tempfile.TemporaryDirectory(prefix="mer-no-op-", ignore_cleanup_errors=True) as name:
        benchmark = Benchmark(arguments, Path(name))
        found = {"schema": 1, "cores": len(os.sched_getaffinity(0)), "load_before": os.getloadavg()[0],
                 "workers": arguments.workers, "process_workers": arguments.process_workers, "peers": arguments.peers,
                 "large": benchmark.large_store(), "rounds": benchmark.in_turns(), "failures": benchmark.failures(),
                 "load_after": os.getloadavg()[0]}
    print(table(found))
    print(f"\nLoad of the machine: {found['load_before']:.1f} before, {found['load_after']:.1f} after.")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
