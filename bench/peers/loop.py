"""A plain loop over the folds in one process: PyTorch spreads each operation over all cores, as it does by default."""

import sys

from peers.study import Study


def main() -> None:
    study = Study(sys.argv[1])
    for position in range(len(study.trials)):
        study.run_to_the_end(position)


if __name__ == "__main__":
    main()
