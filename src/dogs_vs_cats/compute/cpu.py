"""What Linux says of this machine's processor."""

import contextlib
import os
import platform
from pathlib import Path


def cpu_name() -> str:
    """Such as ``Intel(R) Xeon(R) Processor``; ``unknown`` where the system does not tell."""
    return _cpu_info("model name") or platform.processor() or "unknown"


def cpu_flags() -> frozenset[str]:
    """The instruction sets, such as ``amx_bf16``, in the kernel's spelling."""
    return frozenset(_cpu_info("flags").split())


def cpu_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0))


def _cpu_info(key: str) -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == key:
                return value.strip()
    return ""
