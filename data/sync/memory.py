"""How much memory this process holds."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def resident_mb() -> float:
    """Return the resident memory in megabytes (on systems that do not tell, the highest it was)."""
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    if sys.platform == "win32":
        return _working_set() / 1e6
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def _working_set() -> int:
    """Ask Windows (``PROCESS_MEMORY_COUNTERS.WorkingSetSize`` of ``K32GetProcessMemoryInfo``)."""
    import ctypes

    class Counters(ctypes.Structure):
        _fields_ = [
            ("cb", ctypes.c_uint32),
            ("faults", ctypes.c_uint32),
            *((f"size{i}", ctypes.c_size_t) for i in range(8)),
        ]

    counters = Counters(cb=ctypes.sizeof(Counters))
    kernel = ctypes.CDLL("kernel32")
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    kernel.K32GetProcessMemoryInfo.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32]
    kernel.K32GetProcessMemoryInfo(kernel.GetCurrentProcess(), ctypes.byref(counters), counters.cb)
    return int(counters.size1)  # peak is size0
