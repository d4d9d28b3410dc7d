"""How much of the processors' time went to others meanwhile: figures from a busy machine say little."""

import os
import time


class Others:
    """``share()`` of the processors' time that other processes and, under a hypervisor, other guests have had.

    Since the object was made; from 0 to 1, or None where there is no /proc/stat.
    """

    def __init__(self):
        self.start = time.monotonic()
        self.before = _seconds_of_others()

    def share(self):
        if self.before is None:
            return None
        used = _seconds_of_others() - self.before
        return max(0.0, used / (os.cpu_count() * (time.monotonic() - self.start)))


def _seconds_of_others():
    """All busy time of the machine without ours and that of our ended children."""
    try:
        with open("/proc/stat", encoding="ascii") as file:
            user, nice, system, _idle, _waiting, irq, softirq, steal, *_ = map(int, file.readline().split()[1:])
    except OSError:
        return None
    busy = (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")
    return busy - sum(os.times()[:4])
