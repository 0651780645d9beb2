"""What numpy needs for the measures of bench/outbreak.c, written as one would write them in numpy.

births: seconds for 100 replicas of Code Red as a pure birth process, without identities of hosts.
scans: uniform scans of 2^32 addresses per second, each looked up among 360,000 hosts, on one core.
"""
import sys
import time

import numpy

HOSTS = 360_000
SPACE = 2**32


def births():
    generator = numpy.random.Generator(numpy.random.Philox(1))
    infected = numpy.arange(10, HOSTS, dtype=float)
    rate = 358 / 60 / SPACE * infected * (HOSTS - infected)
    start = time.perf_counter()
    for _ in range(100):
        times = numpy.cumsum(generator.standard_exponential(len(rate)) / rate)
        numpy.searchsorted(times, numpy.linspace(0, 86400, 97))
    return time.perf_counter() - start


def scans():
    generator = numpy.random.Generator(numpy.random.Philox(1))
    cells = numpy.zeros(2**22, dtype=bool)
    hosts = numpy.sort(generator.choice(SPACE, HOSTS, replace=False).astype(numpy.uint32))
    cells[hosts >> 10] = True
    batch, batches, hits = 2**18, 200, 0
    start = time.process_time()
    for _ in range(batches):
        targets = generator.integers(0, SPACE, batch, dtype=numpy.uint32)
        likely = targets[cells[targets >> 10]]
        places = numpy.minimum(numpy.searchsorted(hosts, likely), HOSTS - 1)
        hits += numpy.count_nonzero(hosts[places] == likely)
    return batch * batches / (time.process_time() - start)


print({"births": births, "scans": scans}[sys.argv[1]]())
