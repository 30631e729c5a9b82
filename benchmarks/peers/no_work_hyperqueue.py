"""Tasks without work for HyperQueue: a server and a worker of two cores, started for them."""

import json
import sys
from pathlib import Path

from hyperqueue import Job, LocalCluster
from hyperqueue.cluster import WorkerConfig

tasks = json.loads(Path(sys.argv[1]).read_bytes())
with LocalCluster(str(Path.cwd() / "server")) as cluster:
    cluster.start_worker(WorkerConfig(cores=2))
    client = cluster.client()
    job, submitted = Job(), {}
    for name, needed in tasks.items():
        submitted[name] = job.program(["/bin/true"], deps=[submitted[other] for other in needed])
    client.wait_for_jobs([client.submit(job)])
