#!/usr/bin/env python3
"""Efficiency on clusters that are not here: bench_scale simulates one sweep on
each number of workers, in four cases, and this draws the figures.

    bench/scale.py --json scale.jsonl --plot bench/scale.svg
    bench/scale.py --from scale.jsonl --plot bench/scale.svg     # draw only

Needs a build with -DMER_BENCH=ON of bench_scale; nothing of Python's beyond its
library.
"""

import argparse
import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
NODE = 8  # workers
SLOW = ["--slow-nodes", "0.125"]
LOSSES = ["--node-mtbf-hours", "64"]
CASES = {
    "no faults": ([], "#1b7837"),
    "1 of 8 nodes 1.5-3 times slower": (SLOW, "#2166ac"),
    "a node's MTBF is 64 h": (LOSSES, "#b2182b"),
    "slow nodes and losses": (SLOW + LOSSES, "#762a83"),
}
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 360, 56, 16, 16, 92
LOWEST, GOAL = 0.90, 0.95


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=HERE.parent / "build" / "release" / "bin")
    parser.add_argument("--workers", type=int, nargs="+", default=[64, 128, 256, 512])
    parser.add_argument("--trials", type=int, default=50_000, help="on the most workers; fewer have as many each")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES), metavar="CASE")
    parser.add_argument("--jobs", type=int, default=1, help="simulations at once: their efficiency is the same")
    parser.add_argument("--from", dest="source", type=Path, help="figures of an earlier run: only draw them")
    parser.add_argument("--json", type=Path, help="where the figures go, a line each")
    parser.add_argument("--plot", type=Path, help="SVG")
    return parser.parse_args()


def simulate(options: argparse.Namespace, case: str, workers: int) -> dict:
    command = [options.bin / "bench_scale", "--workers", workers, "--workers-per-node", NODE,
               "--trials", options.trials * workers // max(options.workers), *CASES[case][0]]
    output = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True)
    figure = {"case": case, **json.loads(output.stdout)}
    print(text_of(figure), flush=True)
    return figure


def run(options: argparse.Namespace) -> list[dict]:
    with ThreadPoolExecutor(options.jobs) as pool:
        started = [pool.submit(simulate, options, case, workers) for case in options.cases
                   for workers in options.workers]
        return [one.result() for one in started]


def text_of(figure: dict) -> str:
    return (f"{figure['case']}, {figure['workers']} workers: efficiency {100 * figure['efficiency']:.1f} %, "
            f"tail {100 * figure['tail']:.1f}, trained twice {100 * figure['redone']:.1f}, {figure['jobs']} jobs")


def x_of(position: int, count: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (position + 0.5) / count


def y_of(efficiency: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - efficiency) / (1 - LOWEST)


def axes(workers: list[int]) -> list[str]:
    parts = []
    for percent in range(round(100 * LOWEST), 101, 2):
        y = y_of(percent / 100)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{percent} %</text>')
    goal = y_of(GOAL)
    parts.append(f'<line x1="{LEFT}" y1="{goal:.1f}" x2="{WIDTH - RIGHT}" y2="{goal:.1f}" stroke="#555" '
                 'stroke-dasharray="5 4"/>')
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{goal - 5:.1f}" text-anchor="end">goal</text>')
    for position, count in enumerate(workers):
        parts.append(f'<text x="{x_of(position, len(workers)):.1f}" y="{HEIGHT - BOTTOM + 18}" '
                     f'text-anchor="middle">{count} workers</text>')
    return parts


def curve(points: list[tuple[float, float]], colour: str) -> list[str]:
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return [f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>',
            *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in points)]


def draw(figures: list[dict]) -> str:
    workers = sorted({figure["workers"] for figure in figures})
    parts = axes(workers)
    for number, (case, (_, colour)) in enumerate(CASES.items()):
        own = {figure["workers"]: figure["efficiency"] for figure in figures if figure["case"] == case}
        points = [(x_of(workers.index(count), len(workers)), y_of(max(LOWEST, own[count]))) for count in sorted(own)]
        parts += curve(points, colour)
        x, y = LEFT + 290 * (number % 2), HEIGHT - 42 + 22 * (number // 2)
        parts.append(f'<circle cx="{x}" cy="{y - 4}" r="4" fill="{colour}"/><text x="{x + 10}" y="{y}">{case}</text>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
            'font-size="12"><title>Efficiency by number of workers</title><rect width="100%" height="100%" '
            'fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n")


def main() -> None:
    options = parse()
    if options.source:
        figures = [json.loads(line) for line in options.source.read_text().splitlines()]
    else:
        figures = run(options)
    if options.json:
        options.json.write_text("".join(json.dumps(figure) + "\n" for figure in figures))
    if options.plot:
        options.plot.write_text(draw(figures))


if __name__ == "__main__":
    main()
