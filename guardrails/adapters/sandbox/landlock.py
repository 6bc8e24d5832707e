"""Landlock through its system calls: what a process and all its children may open, which ports they may use.

The numbers are those of <linux/landlock.h>; the calls have the same numbers on every architecture. Rules only allow, so
what is handled and not allowed is forbidden. Once restricted, a process may also trace nobody outside, which is what
keeps it from `/proc/PID/environ` of its parent.
"""

import ctypes
import os
import stat
from collections.abc import Iterable

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION = 1
_PATH, _PORT = 1, 2
_EXECUTE, _WRITE, _READ, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_CHANGES = sum(1 << bit for bit in range(4, 13))  # remove and make: directories, files, devices, sockets, pipes, links
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_BIND, _CONNECT = 1 << 0, 1 << 1
_ABSTRACT_SOCKETS, _SIGNALS = 1 << 0, 1 << 1
_OF_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE
READ = _EXECUTE | _READ | _READ_DIR
WRITE = READ | _WRITE | _CHANGES | _REFER | _TRUNCATE
DEVICE = _READ | _WRITE | _READ_DIR | _TRUNCATE

LEAST = 3
"""The first version that keeps a file from being truncated."""
WITH_PORTS = 4


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


class _Port(ctypes.Structure):
    _fields_ = (("allowed", ctypes.c_uint64), ("port", ctypes.c_uint64))


def version() -> int:
    """The version that the kernel speaks; 0 without Landlock."""
    try:
        return max(0, _call(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION)))
    except OSError:
        return 0


class Ruleset:
    """Rules that are gathered, and then hold for this process and its children for ever.

    `files` and `network` say whether these are restricted at all.
    """

    def __init__(self, *, files: bool, network: bool) -> None:
        speaks = version()
        self.files = WRITE if files else 0
        attributes = _Ruleset(
            self.files,
            _BIND | _CONNECT if network else 0,
            _ABSTRACT_SOCKETS | _SIGNALS if speaks >= 6 else 0,
        )
        size = 8 if speaks < WITH_PORTS else 16 if speaks < 6 else 24
        self._fd = _call(_CREATE, ctypes.byref(attributes), ctypes.c_size_t(size), ctypes.c_uint32(0))

    def allow(self, paths: Iterable[str], rights: int) -> None:
        """Allow rights on files, and on directories with all that is in them. What is not there is left out."""
        for path in paths:
            try:
                parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except OSError:
                continue
            kept = rights if stat.S_ISDIR(os.fstat(parent).st_mode) else rights & _OF_FILES
            rule = _Beneath(kept, parent)
            _call(_ADD, ctypes.c_int(self._fd), ctypes.c_int(_PATH), ctypes.byref(rule), ctypes.c_uint32(0))
            os.close(parent)

    def allow_ports(self, ports: Iterable[int], *, connect: bool) -> None:
        """Allow to bind TCP ports, or to connect to them, on any host: Landlock knows no addresses."""
        for port in ports:
            rule = _Port(_CONNECT if connect else _BIND, port)
            _call(_ADD, ctypes.c_int(self._fd), ctypes.c_int(_PORT), ctypes.byref(rule), ctypes.c_uint32(0))

    def restrict(self) -> None:
        """Let the rules hold. The process must have given up new privileges."""
        _call(_RESTRICT, ctypes.c_int(self._fd), ctypes.c_uint32(0))
        os.close(self._fd)


def _call(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    result = int(libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"Landlock (system call {number}): {os.strerror(error)}")
    return result
