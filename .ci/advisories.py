"""Whether there are known faults in the locked packages, by ``pip-audit``.

Ends with 1 where there is one that is not accepted below. Where advisories cannot be had, also from
a mirror that knows the packages without them, one line says so, and it ends with 0.
"""

import json
import subprocess
import sys

ACCEPTED: dict[str, str] = {}
"""Identifiers of faults that stay, and why each does no harm here."""


def main() -> int:
    """The exit status."""
    # The lock for GPUs holds all packages of the other.
    command = [sys.executable, "-m", "pip_audit", "--progress-spinner", "off", "--format", "json"]
    command += ["--disable-pip", "--requirement", "requirements-gpu.lock"]
    for fault in ACCEPTED:
        command += ["--ignore-vuln", fault]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(ended.stdout)["dependencies"]
    except ValueError:
        packages = []
    checked = [package for package in packages if "vulns" in package]
    if not checked:
        said = "what answers knows none of them" if packages else ended.stderr.strip()
        why = (said or "pip-audit said nothing").splitlines()[-1]
        print(f"No advisories can be reached, so the packages were not checked: {why[:200]}")
        return 0
    for package in checked:
        for fault in package["vulns"]:
            mended = ", ".join(fault["fix_versions"]) or "no version yet"
            print(f"{package['name']} {package['version']}: {fault['id']}, mended in {mended}")
    print(f"{len(checked)} of {len(packages)} packages were checked.")
    return int(any(package["vulns"] for package in checked))


if __name__ == "__main__":
    sys.exit(main())
