#!/usr/bin/env python3
"""Runs a program and interferes with one of its storage calls, by number.

    interrupt.py --under DIR [--at N] [--how HOW] [--place DIR] [--to DIR] [--log FILE] -- PROGRAM [ARGUMENT]...

A storage call makes or changes something below the folder DIR: open for
writing, write, fsync, fdatasync, truncate, fallocate, rename, link, mkdir,
unlink, rmdir. Calls count from 1 over all threads of the program: what
`strace --inject=..:when=N` cannot do, which counts in each thread by itself.

HOW, at call N:
  count          nothing: only count
  kill           SIGKILL instead of the call
  torn           a write takes half of its bytes, then SIGKILL; all else: done, then SIGKILL
  EIO            (or ENOSPC, EROFS) the call fails so, once
  EIO+           (..) it and every later storage call below PLACE fail so
  yank           PLACE is renamed to PLACE.pulled while the call waits
  copy           at every call: DIR as a kill would leave it there is copied to TO/N,
                 and for a write of which half got through to TO/N.torn, with a file
                 `torn` that names the written one and its length before; a state
                 that is the same as the one before is left out

The log gets one line a call: number, name, path (for a torn write, the file's length
before it); the exit code is the
program's, 137 when it was killed, 125 when it cannot be traced here.
Linux on x86-64 only; the program makes itself unreadable for others, so a tracer
without CAP_SYS_PTRACE is refused its memory.
"""

import argparse
import ctypes
import errno
import os
import platform
import shutil
import signal
import struct
import sys

NAMES = {
    1: "write", 18: "pwrite64", 20: "writev", 2: "open", 257: "openat", 74: "fsync", 75: "fdatasync",
    306: "syncfs", 76: "truncate", 77: "ftruncate", 285: "fallocate", 82: "rename", 264: "renameat",
    316: "renameat2", 86: "link", 265: "linkat", 83: "mkdir", 258: "mkdirat", 87: "unlink", 84: "rmdir",
    263: "unlinkat",
}
BY_FD = {"write", "pwrite64", "writev", "fsync", "fdatasync", "syncfs", "ftruncate", "fallocate"}
BY_PATH = {"open", "truncate", "rename", "link", "mkdir", "unlink", "rmdir"}
CANNOT_TRACE = 125

TRACEME, PEEK, CONT, GETREGS, SETREGS, SYSCALL, SETOPTIONS = 0, 2, 7, 12, 13, 24, 0x4200
EVENT_SECCOMP = 7
WALL = 0x40000000
# sysgood, fork, vfork, clone, exec, seccomp, exit-kill
OPTIONS = 1 | 2 | 4 | 8 | 16 | 0x80 | 0x100000

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def ptrace(request, pid, address=0, data=0):
    ctypes.set_errno(0)
    result = libc.ptrace(request, pid, address, data)
    if result == -1 and ctypes.get_errno():
        raise OSError(ctypes.get_errno(), "ptrace")
    return result


class Regs(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulong) for name in (
        "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss "
        "fs_base gs_base ds es fs gs").split()]


def filter_calls():
    """Only storage calls stop; all else runs at full speed."""
    code = [(0x20, 0, 0, 0)]  # the call's number
    for i, number in enumerate(NAMES):
        code.append((0x15, len(NAMES) - i, 0, number))
    code += [(0x06, 0, 0, 0x7FFF0000), (0x06, 0, 0, 0x7FF00000)]  # allow; trace
    rows = b"".join(struct.pack("HBBI", *row) for row in code)
    buffer = ctypes.create_string_buffer(rows, len(rows))
    program = struct.pack("HxxxxxxQ", len(code), ctypes.addressof(buffer))
    block = ctypes.create_string_buffer(program, len(program))
    libc.prctl(38, 1, 0, 0, 0)  # no new privileges
    if libc.prctl(22, 2, ctypes.c_ulong(ctypes.addressof(block)), 0, 0) != 0:
        os._exit(CANNOT_TRACE)


def start(command):
    pid = os.fork()
    if pid == 0:
        try:
            ptrace(TRACEME, 0)
            os.kill(os.getpid(), signal.SIGSTOP)
            filter_calls()
            os.execv(command[0], command)
        finally:
            os._exit(CANNOT_TRACE)
    _, status = os.waitpid(pid, WALL)
    if not os.WIFSTOPPED(status):
        sys.exit(CANNOT_TRACE)
    ptrace(SETOPTIONS, pid, 0, OPTIONS)
    return pid


def text_at(pid, address):
    """A path in the program's memory."""
    out = b""
    while address and b"\0" not in out and len(out) < 4096:
        # Never across a page's end: what follows may not be there.
        take = min(256, 4096 - address % 4096)
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            memory.seek(address)
            out += memory.read(take)
        address += take
    return os.fsdecode(out.split(b"\0")[0])


def link(pid, what):
    try:
        return os.readlink(f"/proc/{pid}/{what}")
    except FileNotFoundError:
        return ""


def signed(value):
    return ctypes.c_int(value & 0xFFFFFFFF).value


def beneath(pid, folder, path):
    base = link(pid, "cwd") if signed(folder) == -100 else link(pid, f"fd/{signed(folder)}")
    return os.path.normpath(os.path.join(base, path))


def paths(pid, name, regs):
    """The paths that a call touches; none for an open that only reads."""
    a = [regs.rdi, regs.rsi, regs.rdx, regs.r10]
    if name in BY_FD:
        return [link(pid, f"fd/{signed(a[0])}")]
    if name in BY_PATH:
        if name == "open" and not a[1] & 0o1103:
            return []
        given = [a[0], a[1]] if name in ("rename", "link") else [a[0]]
        return [beneath(pid, -100, text_at(pid, g)) for g in given]
    if name == "openat" and not a[2] & 0o1103:  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC
        return []
    found = [beneath(pid, a[0], text_at(pid, a[1]))]
    if name in ("renameat", "renameat2", "linkat"):
        found.append(beneath(pid, a[2], text_at(pid, a[3])))
    return found


class Tracer:
    def __init__(self, wish):
        self.under = os.path.realpath(wish.under)
        self.place = os.path.realpath(wish.place or wish.under)
        self.at, self.how = wish.at, wish.how
        self.calls = []
        self.failing = False
        self.to = wish.to
        self.changed = True
        self.pid = 0

    def below(self, path, folder):
        return path == folder or path.startswith(folder + "/")

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)

    def copy(self, tid, name, regs, path):
        """What a kill here leaves: the tracer holds every thread that would write."""
        number = len(self.calls)
        if self.changed:
            shutil.copytree(self.under, f"{self.to}/{number}", symlinks=True)
        if name == "write":
            torn = f"{self.to}/{number}.torn"
            shutil.copytree(self.under, torn, symlinks=True)
            with open(f"/proc/{tid}/mem", "rb", buffering=0) as memory:
                memory.seek(regs.rsi)
                half = memory.read(regs.rdx // 2)
            with open(f"{torn}/torn", "w", encoding="utf-8") as note:
                note.write(f"{path[len(self.under) + 1:]} {os.path.getsize(path)}")
            # All our writes append.
            with open(torn + path[len(self.under):], "ab") as file:
                file.write(half)
        self.changed = name not in ("fsync", "fdatasync", "syncfs", "fallocate")

    def refuse(self, tid, regs, word):
        regs.orig_rax = ctypes.c_ulong(-1).value
        regs.rax = ctypes.c_ulong(-getattr(errno, word)).value
        ptrace(SETREGS, tid, 0, ctypes.addressof(regs))

    def call(self, tid):
        """A storage call is about to happen; how to go on."""
        regs = Regs()
        ptrace(GETREGS, tid, 0, ctypes.addressof(regs))
        name = NAMES[regs.orig_rax]
        touched = [p for p in paths(tid, name, regs) if self.below(p, self.under)]
        if not touched:
            return CONT
        self.calls.append(f"{len(self.calls) + 1} {name} {' '.join(touched)}")
        if self.how == "copy":
            self.copy(tid, name, regs, touched[0])
        elif self.failing and any(self.below(p, self.place) for p in touched):
            self.refuse(tid, regs, self.how[:-1])
        elif len(self.calls) != self.at or self.how == "count":
            pass
        elif self.how == "kill":
            self.kill()
        elif self.how == "torn":
            if name in ("write", "pwrite64"):
                self.calls[-1] += f" {os.path.getsize(touched[0])}"
                regs.rdx //= 2
                ptrace(SETREGS, tid, 0, ctypes.addressof(regs))
            return SYSCALL
        elif self.how == "yank":
            os.rename(self.place, self.place + ".pulled")
        else:
            self.failing = self.how.endswith("+")
            self.refuse(tid, regs, self.how.rstrip("+"))
        return CONT

    def run(self, command):
        self.pid = start(command)
        ptrace(CONT, self.pid)
        new, code = set(), 0
        while True:
            try:
                tid, status = os.waitpid(-1, WALL)
            except ChildProcessError:
                return code
            if not os.WIFSTOPPED(status):
                if tid == self.pid:
                    code = 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
                continue
            on, give, stop = CONT, 0, os.WSTOPSIG(status)
            try:
                if status >> 16 == EVENT_SECCOMP:
                    on = self.call(tid)
                elif stop == signal.SIGTRAP | 0x80:
                    self.kill()  # the torn call has been done
                elif status >> 16 == 0 and stop != signal.SIGTRAP:
                    if stop == signal.SIGSTOP and tid not in new:
                        new.add(tid)  # a new thread
                    else:
                        give = stop
                ptrace(on, tid, 0, give)
            except (ProcessLookupError, FileNotFoundError):
                pass  # killed meanwhile


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--under", required=True)
    parser.add_argument("--place")
    parser.add_argument("--to")
    parser.add_argument("--at", type=int, default=0)
    parser.add_argument("--how", default="count")
    parser.add_argument("--log")
    parser.add_argument("command", nargs="+")
    wish = parser.parse_args()
    if platform.machine() != "x86_64" or sys.platform != "linux":
        sys.exit(CANNOT_TRACE)
    tracer = Tracer(wish)
    try:
        code = tracer.run(wish.command)
    except PermissionError:
        sys.exit(CANNOT_TRACE)
    if wish.log:
        with open(wish.log, "w", encoding="utf-8") as log:
            log.writelines(f"{line}\n" for line in tracer.calls)
    sys.exit(code)


main()
