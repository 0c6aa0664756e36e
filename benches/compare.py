#!/usr/bin/env python3
"""The same work by this program, python-tuf and tough, as whole processes in turn.

    tests/run quick                     # once: .venv with python-tuf
    CARGO_TARGET_DIR=target/clients cargo build --release --manifest-path tests/clients/tough/Cargo.toml
    cargo bench --no-run --no-default-features --bench work
    .venv/bin/python benches/compare.py [--runs N] [--data DIR] [NAME ..]

For each piece of work: seconds of processor time and peak memory (the kernel's
account of each process), and the peers' time over ours, pair by pair, so that
a machine that is busy or slow moves both. Minimum and median; nothing is asserted.
"""
import argparse, os, statistics, subprocess, sys, tempfile, time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


def newest(pattern):
    found = [p for p in ROOT.glob(pattern) if p.suffix != ".d" and os.access(p, os.X_OK)]
    return str(max(found, key=lambda p: p.stat().st_mtime)) if found else None


def once(command):
    start = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ,
                         file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
    _, status, used = os.wait4(pid, 0)
    if status:
        sys.exit(f"{' '.join(command)}: exit status {status}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--data", default=tempfile.gettempdir() + "/tuf-ceremony-bench")
    parser.add_argument("names", nargs="*")
    asked = parser.parse_args()
    data = Path(asked.data)
    ours = newest("target/release/deps/work-*")
    tough = newest("target/clients/release/tough-time")
    if not ours:
        sys.exit("first: cargo bench --no-run --no-default-features --bench work")
    peer = [sys.executable, str(HERE / "peer.py")]
    names = asked.names or ["chain-ed25519", "chain-p256", "targets-100000", "targets-1000000", "bins"]
    subprocess.run([sys.executable, str(HERE / "make.py"), str(data)] + names, check=True)
    for name in names:
        folder = str(data / name)
        if name == "bins":
            commands = {"ours": [ours, "bins"], "python-tuf": peer + ["bins"]}
        else:
            commands = {"ours": [ours, "verify", folder], "python-tuf": peer + ["verify", folder]}
            if tough:
                commands["tough"] = [tough, folder]
        size = (data / name / "metadata" / "1.targets.json").stat().st_size / 2**20
        print(f"{name}: targets file {size:.1f} MiB")
        for command in commands.values():
            once(command)  # warm
        runs = {who: [] for who in commands}
        for _ in range(asked.runs):
            for who, command in commands.items():
                runs[who].append(once(command))
        for who, found in runs.items():
            cpu, peak, _ = (list(column) for column in zip(*found))
            line = f"  {who:11} cpu min {min(cpu):7.3f} median {statistics.median(cpu):7.3f} s"
            line += f"   peak {statistics.median(peak):7.1f} MiB"
            if who != "ours":
                ratios = [theirs[0] / mine[0] for theirs, mine in zip(found, runs["ours"])]
                line += f"   {min(ratios):5.1f} to {max(ratios):5.1f}, median {statistics.median(ratios):5.1f} times ours"
            print(line, flush=True)


main()
