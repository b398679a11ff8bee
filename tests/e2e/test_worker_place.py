"""Where a job's cores, GPUs and memory end up: what each worker says of itself in one line at its start."""
import os
import re
import shutil
import uuid

import pytest
from mer_run import sweep_of
from programs import MemoryGroup, write_program


def places(mer) -> list[tuple[str, ...]]:
    """Worker, cores, GPU and MiB of memory of each such line, by worker."""
    line = r"worker (\d) info: [^,]+, cores? ([\d,]+), (no GPU|GPU .*?), (\d+) MiB of memory"
    return sorted(re.findall(line, mer.log.read_text()))


def train_on_the_cpu(mer, corpus, workers: int) -> None:
    sweep = sweep_of(corpus, grid=None, resources={"device": "cpu", "stack": 1})
    ended = mer.run("run", mer.write_sweep(sweep), "--workers", workers, "--no-web")
    assert ended.returncode == 0, ended.stderr


def test_workers_share_mig_instances_by_name_and_stay_in_their_cpuset(mer, corpus):
    allowed = os.sched_getaffinity(0)
    core = max(allowed)
    mer.environment["CUDA_VISIBLE_DEVICES"] = "MIG-aaaa,MIG-bbbb"
    os.sched_setaffinity(0, {core})
    try:
        train_on_the_cpu(mer, corpus, 3)
    finally:
        os.sched_setaffinity(0, allowed)

    assert [place[:3] for place in places(mer)] == [
        ("1", str(core), "GPU MIG-aaaa (1 of 2 workers)"), ("2", str(core), "GPU MIG-bbbb"),
        ("3", str(core), "GPU MIG-aaaa (1 of 2 workers)")]


def test_as_many_workers_as_the_cpuset_has_cores(mer, corpus):
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        ended = mer.run("run", mer.write_sweep(sweep_of(corpus, grid=None)), "--no-web")
    finally:
        os.sched_setaffinity(0, allowed)

    assert ended.returncode == 0, ended.stderr
    assert [place[:3] for place in places(mer)] == [("1", str(min(allowed)), "no GPU")]


def test_workers_share_the_memory_that_their_cgroup_may_use(mer, corpus):
    limit = 2 << 10  # MiB
    try:
        group = MemoryGroup(f"mer-test-{uuid.uuid4().hex}", limit << 20)
    except OSError as error:
        pytest.skip(f"no cgroup with a limit on memory can be made here: {error}")
    folder = mer.folder / "bin"
    write_program(folder / "mpirun", f'#!/bin/sh\necho $$ >{group.path}/cgroup.procs\nexec {shutil.which("mpirun")} "$@"\n')
    mer.environment["PATH"] = f"{folder}:{os.environ['PATH']}"
    try:
        train_on_the_cpu(mer, corpus, 2)
    finally:
        group.close()

    memory = [int(place[3]) for place in places(mer)]
    assert len(memory) == 2
    assert all(limit / 4 < one <= limit / 2 for one in memory), memory


def test_a_gpu_that_was_asked_for_and_is_not_there_is_an_error_before_anything_is_written(mer, corpus):
    mer.environment["CUDA_VISIBLE_DEVICES"] = ""
    ended = mer.run("run", mer.write_sweep(sweep_of(corpus, resources={"device": "cuda"})), "--no-web")

    assert ended.returncode == 2
    assert "set resources.device to auto or cpu" in ended.stderr
    assert not mer.store.exists() and places(mer) == []
