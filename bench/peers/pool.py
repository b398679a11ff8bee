"""A process pool: one process for each core, with one thread each. The corpus is read once and shared by fork."""

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor

import torch

from peers.corpus import load
from peers.study import Study


def main() -> None:
    torch.set_num_threads(1)  # before the fork: the children inherit it
    study = Study(sys.argv[1])
    load(study.corpus)
    with ProcessPoolExecutor(study.cores, multiprocessing.get_context("fork")) as pool:
        list(pool.map(study.run_to_the_end, range(len(study.trials))))


if __name__ == "__main__":
    main()
