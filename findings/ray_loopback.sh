#!/usr/bin/env bash
# Ray 2.60.0: a local cluster that is given 127.0.0.1 as its address listens on the network.
#
# Guess: ray.init(_node_ip_address="127.0.0.1") keeps the ports of a cluster of one machine on
# loopback.
# Seen (Linux): Ray puts the machine's own address in its place, and listens on it and on "::". Only
# RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER=0 in the environment, before ray is imported, keeps 127.0.0.1:
# a name that says nothing of Linux. On a machine that has no other address there is nothing to see.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ray==2.60.0 psutil==7.2.2
cd "$folder"
cat > listens.py <<'PYTHON'
import psutil
import ray

ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, _node_ip_address="127.0.0.1")
processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
connections = [one for process in processes for one in process.net_connections("inet")]
print(*sorted({one.laddr.ip for one in connections if one.status == psutil.CONN_LISTEN}))
PYTHON
export RAY_USAGE_STATS_ENABLED=0
plain=$("$folder/venv/bin/python" listens.py 2>/dev/null | tail -n 1)
bound=$(RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER=0 "$folder/venv/bin/python" listens.py 2>/dev/null | tail -n 1)
echo "Ray 2.60.0 told to use 127.0.0.1 listens on: $plain"
echo "the same with RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER=0: $bound"
on_loopback() { for address in $1; do case $address in 127.*|::1|::ffff:127.*) ;; *) return 1 ;; esac; done; }
if on_loopback "$plain" || ! on_loopback "$bound"; then echo "changed" >&2; exit 1; fi
