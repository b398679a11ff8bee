"""merctl bench: the whole benchmark, as small as it can be."""
import json


def test_bench_measures_twelve_folds_and_leaves_nothing_behind(mer):
    place = mer.folder / "temporary"
    place.mkdir()
    mer.environment["TMPDIR"] = str(place)

    ended = mer.run("bench", "--shapes", "msp-improv", "--epochs", 2, "--workers", 2, "--format", "json")

    assert ended.returncode == 0, ended.stderr
    answer = json.loads(ended.stdout)
    [run] = answer["runs"]
    assert answer["schema"] == 1
    assert (run["shapes"], run["trials"], run["epochs"], run["workers"], run["stack"]) == ("msp-improv", 12, 2, 2, "auto")
    assert run["fold_epochs"] == 24
    for figure in ("fold_epochs_per_second", "step_seconds", "trial_step_seconds", "trainer_peak_memory"):
        assert run[figure] > 0
    assert run["fold_epochs_per_second_per_core"] == run["fold_epochs_per_second"] / 2
    assert run["fold_epochs_per_second_with_start"] == 24 / run["wall_seconds"]
    assert run["trainer_peak_memory"] <= run["peak_memory"] <= 2 * run["trainer_peak_memory"]
    assert all(seconds > 0 for seconds in run["seconds"].values()), run["seconds"]
    assert run["device"] == "cpu"
    assert run["versions"]["libtorch"]
    assert list(place.iterdir()) == [] and not mer.store.exists()


def test_bench_prints_a_page_of_80_columns(mer):
    shown = mer.run("bench", "--shapes", "msp-improv", "--epochs", 2, "--workers", 2, "--stack", 6)

    lines = shown.stdout.splitlines()
    assert shown.returncode == 0, shown.stderr
    assert lines[0] == "msp-improv     12 trials of 2 epochs, 2 workers, stack 6"
    for fact in ("machine", "device", "speed", "training step", "peak memory", "time"):
        assert any(line.startswith(fact) for line in lines), shown.stdout
    assert [line for line in lines if len(line) > 80] == []


def test_bench_needs_two_epochs(mer):
    assert mer.run("bench", "--epochs", 1).returncode == 2
