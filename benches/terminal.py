#!/usr/bin/env python3
"""Times the full-screen front end from outside, in a pseudo-terminal: start to
first whole frame, key to frame, bytes on the wire, processor time while nothing
happens, peak memory; then the same of `watch` beside it. Prints medians; asserts
nothing.

    cargo build --release && python3 benches/terminal.py target/release/tuf-ceremony [RUNS]
"""
import fcntl, os, pty, select, shutil, statistics, struct, sys, tempfile, termios, time

FRAME = b"\x1b[?2026l"  # the end of a synchronized update: one whole frame
BAUD = 115200 / 10  # bytes a second on a serial line, with start and stop bits
TICKS = os.sysconf("SC_CLK_TCK")
IDLE = 10  # seconds


def frame(fd, since):
    """Milliseconds until the next whole frame, and its bytes."""
    seen = b""
    while FRAME not in seen:
        seen += os.read(fd, 65536)
    return (time.perf_counter() - since) * 1000, len(seen)


def drain(fd):
    """Frames of earlier keys and of the ticking clock are not this key's."""
    size = 0
    while select.select([fd], [], [], 0)[0]:
        size += len(os.read(fd, 65536))
    return size


def start(arguments, columns, rows):
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.environ["TERM"] = "xterm"
        os.execv(arguments[0], arguments)
    return pid, fd


def stop(pid, fd):
    os.kill(pid, 15)
    try:
        while os.read(fd, 65536):
            pass
    except OSError:
        pass
    os.waitpid(pid, 0)
    os.close(fd)


def used(pid):
    """Processor seconds so far."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def idle(programs):
    """Percent of one core and bytes a second, of each, while nobody types."""
    for _, fd in programs:
        drain(fd)
    before = [used(pid) for pid, _ in programs]
    sent = [0] * len(programs)
    end = time.perf_counter() + IDLE
    while time.perf_counter() < end:
        time.sleep(0.1)
        for at, (_, fd) in enumerate(programs):
            sent[at] += drain(fd)
    return [((used(pid) - b) / IDLE * 100, s / IDLE) for (pid, _), b, s in zip(programs, before, sent)]


def run(binary, folder, columns, rows, quiet):
    os.makedirs(folder + "/media")
    since = time.perf_counter()
    lead = start([binary, "rehearse", "--whole", "--record", folder + "/record", "--media", folder + "/media"], columns, rows)
    pid, fd = lead
    first, first_bytes = frame(fd, since)
    keys, sizes = [], []
    for _ in range(40):
        time.sleep(0.03)
        drain(fd)
        since = time.perf_counter()
        os.write(fd, b"x")
        took, size = frame(fd, since)
        keys.append(took)
        sizes.append(size)
    since = time.perf_counter()
    view = start([binary, "watch", "--record", folder + "/record"], columns, rows)
    view_first, view_bytes = frame(view[1], since)
    rest = idle([lead, view]) if quiet else None
    with open(f"/proc/{pid}/status") as status:
        peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
    stop(*view)
    stop(*lead)
    return (first, statistics.median(keys), max(keys), int(peak), first_bytes,
            statistics.median(sizes), view_first, view_bytes), rest


binary = os.path.abspath(sys.argv[1])
runs = int(sys.argv[2]) if len(sys.argv) > 2 else 11
for columns, rows in ((80, 24), (120, 40)):
    got = []
    for turn in range(runs):
        folder = tempfile.mkdtemp()
        values, rest = run(binary, folder, columns, rows, turn == runs - 1)
        got.append(values)
        shutil.rmtree(folder)
    first, key, worst, peak, first_bytes, size, view_first, view_bytes = (
        statistics.median(column) for column in zip(*got))
    print(f"{columns}x{rows}: first frame {first:.1f} ms, key to frame {key:.1f} ms"
          f" (slowest of 40: {worst:.1f} ms), peak memory {peak / 1024:.1f} MiB; medians of {len(got)} runs")
    print(f"  bytes: first frame {first_bytes:.0f} ({first_bytes / BAUD * 1000:.0f} ms at 115200 baud),"
          f" a key {size:.0f} ({size / BAUD * 1000:.1f} ms)")
    print(f"  watch: first frame {view_first:.1f} ms, {view_bytes:.0f} bytes"
          f" ({view_bytes / BAUD * 1000:.0f} ms at 115200 baud)")
    for name, (cpu, sent) in zip(("the ceremony", "watch"), rest):
        print(f"  {name}, idle for {IDLE} s: {cpu:.2f} % of one core, {sent:.0f} bytes a second")
