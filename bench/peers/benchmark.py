"""All contenders in turns, and the tables of what they did. Started by run.py."""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from peers import journal, measure
from peers.figures import MEBIBYTE, Contender, Figures, Outcome, contenders_table, figures_of, markdown, shares_text
from peers.mer import Mer, Store, peer_trials, printed_epochs, write_jobs
from peers.options import PEERS, parse

STACKS = (1, 2, 4, 8, 12)


class Benchmark:
    """One shape: a corpus, twelve trials, and all contenders on them."""

    def __init__(self, arguments: argparse.Namespace, shapes: str, folder: Path):
        self.arguments, self.shapes, self.folder = arguments, shapes, folder
        self.cores = sorted(os.sched_getaffinity(0))[: arguments.cores]
        self.mer = Mer(arguments.bin.resolve(), self.cores, arguments.stack)
        self.corpus = folder / "corpus"
        self.number = 0
        self.mer.synthesise(shapes, self.corpus)

    def new_folder(self) -> Path:
        self.number += 1
        folder = self.folder / str(self.number)
        folder.mkdir()
        return folder

    def run_mer(self, epochs: int) -> tuple[Figures, Store, Outcome]:
        """merctl run in a store of its own: its figures, its store, what it trained."""
        folder = self.new_folder()
        self.mer.write_sweep(self.shapes, self.corpus, epochs, folder / "sweep.json")
        run = self.mer.run(folder / "sweep.json", folder / "store")
        store = Store(folder / "store")
        outcome = store.outcome()
        return figures_of(outcome.epoch_ends, run.wall_seconds, run.peak_memory), store, outcome

    def run_bare(self, store: Store, shares: list[list[dict]], slots: int) -> Figures:
        run = self.mer.run_bare(write_jobs(store, self.corpus, self.new_folder(), shares, slots))
        return figures_of(printed_epochs(run), run.wall_seconds, run.peak_memory)

    def run_peer(self, name: str, trials: list[dict], expected: Outcome) -> tuple[Figures, float]:
        """Also the accuracy that it reached. A peer that did other work than mer ends the benchmark."""
        folder = self.new_folder()
        study, done = folder / "study.json", folder / "done"
        study.write_text(json.dumps({"corpus": str(self.corpus), "cores": len(self.cores), "journal": str(done),
                                     "trials": trials}))
        words = [sys.executable, "-m", PEERS[name][1], study]
        run = measure.run([measure.Command(words, set(self.cores), {"RAY_USAGE_STATS_ENABLED": "0"})])
        outcome = journal.outcome_of(done)
        if outcome.work() != expected.work():
            sys.exit(f"{name} did other work: fold-epochs, steps, parameters {outcome.work()}, mer's {expected.work()}")
        return figures_of(outcome.epoch_ends, run.wall_seconds, run.peak_memory), outcome.accuracy

    def shares_of(self, trials: list[dict]) -> list[list[dict]]:
        return [trials[i :: len(self.cores)] for i in range(len(self.cores))]

    def compare(self) -> dict:
        """The contenders in turns."""
        ours = Contender("merctl run", peer=False)
        bare = Contender("mer-trainer --job", peer=False)
        peers = {name: Contender(PEERS[name][0], peer=True) for name in self.arguments.peers}
        accuracies: dict[str, float] = {}
        for number in range(self.arguments.rounds):
            say(f"{self.shapes}: round {number + 1} of {self.arguments.rounds}")
            figures, store, outcome = self.run_mer(self.arguments.epochs)
            ours.rounds.append(figures)
            accuracies["merctl run"] = outcome.accuracy
            stack = store.stack()
            bare.rounds.append(self.run_bare(store, self.shares_of(store.trials()), stack))
            for name, contender in peers.items():
                figures, accuracies[name] = self.run_peer(name, peer_trials(store), outcome)
                contender.rounds.append(figures)
        contenders = [ours, bare, *peers.values()]
        print(f"\n**{self.shapes}**: 12 trials of {self.arguments.epochs} epochs, {len(self.cores)} cores, "
              f"median of {self.arguments.rounds}\n")
        print(contenders_table(contenders, len(self.cores)))
        print(f"\nStack of {stack}. The trainers' time: {shares_text(store.shares())}.", flush=True)
        return {"contenders": [each.as_json() for each in contenders], "stack": stack, "shares": store.shares(),
                "accuracy": accuracies}

    def against_the_bare_trainer(self) -> dict:
        """merctl run and two bare trainers with the same stacks, long enough that starting up is not all there is."""
        ours, bare = Contender("merctl run", peer=False), Contender("mer-trainer --job", peer=False)
        epochs = self.arguments.epochs * self.arguments.long
        for number in range(self.arguments.rounds):
            say(f"{self.shapes}: merctl run and the bare trainer, round {number + 1}")
            figures, store, _ = self.run_mer(epochs)
            ours.rounds.append(figures)
            bare.rounds.append(self.run_bare(store, self.shares_of(store.trials()), store.stack()))
        rows = [[each.name, each.spread(), f"{each.middle('rate') / bare.middle('rate'):.3f}",
                 f"{each.middle('wall_seconds'):.1f}",
                 f"{each.middle('wall_seconds') / bare.middle('wall_seconds'):.3f}"] for each in (ours, bare)]
        print(f"\n{epochs} epochs:\n\n" + markdown(["", "fold-epochs/s", "ratio", "run s", "ratio"], rows), flush=True)
        return {"epochs": epochs, "contenders": [ours.as_json(), bare.as_json()]}

    def cost_by_stack_size(self) -> list[dict]:
        """One bare trainer on one core, with 1 to 12 trials at once."""
        _, store, _ = self.run_mer(self.arguments.epochs)
        trials = store.trials()
        costs = [Contender(str(size), peer=False) for size in STACKS]
        for number in range(self.arguments.rounds):
            say(f"{self.shapes}: stack sizes, round {number + 1}")
            for size, cost in zip(STACKS, costs):
                cost.rounds.append(self.run_bare(store, [trials[:size]], size))
        alone = costs[0].middle("rate")
        rows = [[cost.name, f"{1000 / cost.middle('rate'):.1f}", f"{alone / cost.middle('rate'):.3f}",
                 f"{cost.middle('peak_memory') / MEBIBYTE:.0f}"] for cost in costs]
        print("\nOne core, by stack size:\n\n"
              + markdown(["stack", "ms a fold-epoch", "to stack 1", "MiB"], rows), flush=True)
        return [cost.as_json() for cost in costs]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    arguments = parse()
    found = []
    for shapes in arguments.shapes:
        with tempfile.TemporaryDirectory(prefix="mer-bench-", ignore_cleanup_errors=True) as name:
            benchmark = Benchmark(arguments, shapes, Path(name))
            result = {"shapes": shapes, "cores": len(benchmark.cores), "epochs": arguments.epochs,
                      **benchmark.compare()}
            if arguments.long > 0:
                result["against_the_bare_trainer"] = benchmark.against_the_bare_trainer()
            if not arguments.no_stacks:
                result["by_stack_size"] = benchmark.cost_by_stack_size()
            found.append(result)
    if arguments.json:
        arguments.json.write_text(json.dumps({"schema": 1, "shapes": found}, indent=2) + "\n")


if __name__ == "__main__":
    main()
