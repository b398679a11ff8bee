"""From times and memory to the tables of the benchmark."""

from dataclasses import asdict, dataclass
from statistics import median

MEBIBYTE = 1 << 20


@dataclass
class Outcome:
    """What one run trained, and when."""

    epoch_ends: list[list[float]]  # by trial, Unix times
    steps: int                     # of training, over all trials
    parameters: int                # of the model
    accuracy: float                # of the test part after the last epoch, mean over trials

    def work(self) -> tuple[int, int, int]:
        """What has to be the same whoever trains."""
        return sum(map(len, self.epoch_ends)), self.steps, self.parameters


@dataclass
class Figures:
    """Of one run."""

    rate: float        # fold-epochs a second, starting up left out
    whole_rate: float  # over the whole run
    wall_seconds: float
    peak_memory: int


def rate_of(epoch_ends: list[list[float]]) -> float:
    """Starting up ends when every trial that was taken first has trained one epoch: the epochs that end later, over
    the time from then to the last of them (as cli/bench_figures.hpp)."""
    first_end = min(ends[-1] for ends in epoch_ends)
    warm = max(ends[0] for ends in epoch_ends if ends[0] <= first_end)
    later = [end for ends in epoch_ends for end in ends if end > warm]
    return len(later) / (max(later) - warm) if later else 0.0


def figures_of(epoch_ends: list[list[float]], wall_seconds: float, peak_memory: int) -> Figures:
    return Figures(rate_of(epoch_ends), sum(map(len, epoch_ends)) / wall_seconds, wall_seconds, peak_memory)


class Contender:
    """The rounds of one contender; every figure is their median."""

    def __init__(self, name: str, peer: bool):
        self.name, self.peer = name, peer
        self.rounds: list[Figures] = []

    def middle(self, figure: str) -> float:
        return median(getattr(each, figure) for each in self.rounds)

    def spread(self) -> str:
        rates = [each.rate for each in self.rounds]
        return f"{self.middle('rate'):.2f} ({min(rates):.2f}-{max(rates):.2f})"

    def as_json(self) -> dict:
        return {"name": self.name, "peer": self.peer, "rounds": [asdict(each) for each in self.rounds]}


def markdown(head: list[str], rows: list[list[str]]) -> str:
    """Columns as wide as their widest cell; numbers to the right."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = [[head[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(head[1:], widths[1:]))], rule]
    lines += [[row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]
              for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def contenders_table(contenders: list[Contender], cores: int) -> str:
    """Ratios are to the best peer in the same column's figure: speed without and with the start, memory."""
    peers = [each for each in contenders if each.peer]
    best = max((peer.middle("rate") for peer in peers), default=0.0)
    best_whole = max((peer.middle("whole_rate") for peer in peers), default=0.0)
    rows = []
    for each in contenders:
        rate, whole = each.middle("rate"), each.middle("whole_rate")
        rows.append([each.name, each.spread(), f"{rate / cores:.2f}", f"{rate / best:.2f}" if best else "-",
                     f"{each.middle('wall_seconds'):.1f}", f"{whole / best_whole:.2f}" if best_whole else "-",
                     f"{each.middle('peak_memory') / MEBIBYTE:.0f}"])
    return markdown(["", "fold-epochs/s", "per core", "ratio", "run s", "ratio", "MiB"], rows)


def shares_text(shares: dict[str, float]) -> str:
    ordered = sorted(shares.items(), key=lambda item: -item[1])
    return ", ".join(f"{work} {100 * share:.1f} %" for work, share in ordered if share >= 0.0005)
