"""Whether PyPI knows of faults in the locked packages, by ``pip-audit``.

Ends with 1 where it knows of one that is not accepted below. Where its advisories cannot be had,
also from a mirror that answers in its name without them, one line says so, and it ends with 0.
"""

import subprocess
import sys

import requests

SERVICE = f"https://pypi.org/pypi/requests/{requests.__version__}/json"
"""What pip-audit asks of each package, here of one that is known to exist."""
ACCEPTED: dict[str, str] = {}
"""Identifiers of faults that stay, and why each does no harm here."""


def main() -> int:
    """The exit status."""
    try:
        # Without this question pip-audit ends in a traceback where nothing answers; and a mirror
        # that knows no single version is, for it, one that knows of no faults.
        answer = requests.get(SERVICE, timeout=10)
        answer.raise_for_status()
        known = "vulnerabilities" in answer.json()
    except (requests.RequestException, ValueError, TypeError):
        known = False
    if not known:
        print(f"No advisories can be reached at {SERVICE}: the packages were not checked.")
        return 0
    # The lock for GPUs holds all packages of the other. Strict: a package that is not found fails.
    command = [sys.executable, "-m", "pip_audit", "--strict", "--progress-spinner", "off"]
    command += ["--disable-pip", "--requirement", "requirements-gpu.lock"]
    for fault in ACCEPTED:
        command += ["--ignore-vuln", fault]
    return subprocess.run(command).returncode


if __name__ == "__main__":
    sys.exit(main())
