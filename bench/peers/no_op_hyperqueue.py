"""HyperQueue: one job of many tasks `true`, with the server and worker that its Python package starts. Nothing of it
is durable: that server has no journal. From the submission to the end of the last task, which it tells once a second."""

import json
import os
import sys
import time

from hyperqueue import Job, LocalCluster
from hyperqueue.cluster import WorkerConfig

TASKS = 4000


def main() -> None:
    os.chdir(sys.argv[1])
    with LocalCluster() as cluster:
        cluster.start_worker(WorkerConfig(cores=len(os.sched_getaffinity(0))))
        client = cluster.client()
        job = Job()
        for _ in range(TASKS):
            job.program(["/bin/true"], stdout=None, stderr=None)
        begin = time.perf_counter()
        client.wait_for_jobs([client.submit(job)])
        print(json.dumps({"trials": TASKS, "seconds": time.perf_counter() - begin}))


if __name__ == "__main__":
    main()
