"""How much of the processors' time went to others meanwhile: figures from a busy machine say little.

A neighbor that keeps one of two processors busy hardly shows at one thread. At two it can make a step of 0.2 ms take
32: a library whose threads wait for each other waits for the neighbor too.
"""

import os
import time

QUIET = 0.05
"""The most that others may use of the processors in a measurement that counts."""


class Others:
    """The processors' time that other processes and, under a hypervisor, other guests have had since it was made."""

    def __init__(self):
        self.start = time.monotonic()
        self.before = _seconds_of_others()

    def time(self):
        """(their seconds, the seconds of all processors); theirs are 0 where there is no /proc/stat."""
        return max(0.0, _seconds_of_others() - self.before), os.cpu_count() * (time.monotonic() - self.start)

    def share(self):
        """Their part of it, from 0 to 1."""
        theirs, everyones = self.time()
        return theirs / everyones


def _seconds_of_others():
    """All busy time of the machine without that of this process and of its ended children."""
    try:
        with open("/proc/stat", encoding="ascii") as file:
            user, nice, system, _idle, _waiting, irq, softirq, steal, *_ = map(int, file.readline().split()[1:])
    except OSError:
        return 0.0
    busy = (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")
    return busy - time.process_time() - sum(os.times()[2:4])
