#!/usr/bin/env python3
"""Times the full-screen front end from outside, in a pseudo-terminal: start to
first whole frame, key to frame, peak memory. Prints medians; asserts nothing.

    cargo build --release && python3 benches/terminal.py target/release/tuf-ceremony
"""
import fcntl, os, pty, select, shutil, statistics, struct, sys, tempfile, termios, time

FRAME = b"\x1b[?2026l"  # the end of a synchronized update: one whole frame


def frame(fd, since):
    """Milliseconds until the next whole frame."""
    seen = b""
    while FRAME not in seen:
        seen += os.read(fd, 65536)
    return (time.perf_counter() - since) * 1000


def drain(fd):
    """Frames of earlier keys and of the ticking clock are not this key's."""
    while select.select([fd], [], [], 0)[0]:
        os.read(fd, 65536)


def run(binary, folder, columns, rows):
    os.makedirs(folder + "/media")
    start = time.perf_counter()
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.environ["TERM"] = "xterm"
        os.execv(binary, [binary, "rehearse", "--record", folder + "/record", "--media", folder + "/media"])
    first = frame(fd, start)
    keys = []
    for _ in range(40):
        time.sleep(0.03)
        drain(fd)
        since = time.perf_counter()
        os.write(fd, b"x")
        keys.append(frame(fd, since))
    with open(f"/proc/{pid}/status") as status:
        peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
    os.kill(pid, 15)
    try:
        while os.read(fd, 65536):
            pass
    except OSError:
        pass
    os.waitpid(pid, 0)
    os.close(fd)
    return first, statistics.median(keys), max(keys), int(peak)


binary = os.path.abspath(sys.argv[1])
for columns, rows in ((80, 24), (120, 40)):
    got = []
    for _ in range(11):
        folder = tempfile.mkdtemp()
        got.append(run(binary, folder, columns, rows))
        shutil.rmtree(folder)
    first, key, worst, peak = (statistics.median(column) for column in zip(*got))
    print(f"{columns}x{rows}: first frame {first:.1f} ms, key to frame {key:.1f} ms"
          f" (slowest of 40: {worst:.1f} ms), peak memory {peak / 1024:.1f} MiB; medians of {len(got)} runs")
