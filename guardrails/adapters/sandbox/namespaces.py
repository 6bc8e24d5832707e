"""Namespaces without bubblewrap, for the process that calls: no network, processes that die with their first one."""

import ctypes
import fcntl
import os
import signal
import socket
import struct
from collections.abc import Sequence

_MOUNTS, _IPC, _USER, _PID, _NET = 0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
_PRIVATE = (1 << 14) | (1 << 18)  # MS_REC | MS_PRIVATE
_BIND = 1 << 12
_MOUNT_SETATTR, _RECURSIVE, _HERE = 442, 0x8000, -100
_HARMLESS = 2 | 4 | 8  # MS_NOSUID | MS_NODEV | MS_NOEXEC
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 1, 24, 38, 47
_CLEAR_ALL, _CAPABILITIES = 4, 64
_CAPABILITY_VERSION = 0x20080522
_SIOCSIFFLAGS, _UP = 0x8914, 0x41

libc = ctypes.CDLL(None, use_errno=True)


def enter(*, network: bool, writes: Sequence[str], size: int) -> None:
    """Leave the caller's processes, mounts and, unless `network`, its network. The disk is read-only but for `writes`;
    `size` in bytes bounds shared memory.

    Returns in a child of a child: the first is the init of the new namespace, and ends with what the second ends with.

    Raises:
        OSError: namespaces are not allowed here.
    """
    kinds = _MOUNTS | _IPC | _PID | (0 if network else _NET)
    user, group = os.geteuid(), os.getegid()
    if user != 0 or libc.unshare(kinds) != 0:
        _checked(libc.unshare(kinds | _USER), "unshare")
        _map(user, group)
    if not network:
        _loopback()
    _die_with_parent()
    _become_init()
    _mount(writes, size)


def give_up_privileges() -> None:
    """No capability now or later, whatever is executed.

    Raises:
        OSError: the kernel refuses.
    """
    for number in range(_CAPABILITIES):
        libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)
    libc.prctl(_PR_CAP_AMBIENT, _CLEAR_ALL, 0, 0, 0)
    header, none = struct.pack("Ii", _CAPABILITY_VERSION, 0), bytes(24)
    _checked(libc.capset(header, none), "capset")
    _checked(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")


def _map(user: int, group: int) -> None:
    """The same ids inside as outside."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:  # noqa: PTH123 - one module less to import
            file.write(text)


def _loopback() -> None:
    """Bring the loopback interface of the new network up: programs that talk to themselves still can."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _UP))


def _mount(writes: Sequence[str], size: int) -> None:
    """Own processes in /proc, own shared memory, no sockets of services; all else as it is, read-only.

    Landlock alone leaves modes, owners and times of files to be changed by whoever owns them.
    """
    _checked(libc.mount(b"none", b"/", None, _PRIVATE, None), "mount /")
    own = [b"/dev/shm", *map(os.fsencode, writes)]
    for place in own[1:]:
        _checked(libc.mount(place, place, None, _BIND, None), "mount what may be written")
    for place, options in ((own[0], b"mode=1777,size=%d" % size), (b"/run", b"mode=0755,size=4096")):
        if os.path.isdir(place):  # noqa: PTH112 - bytes
            _checked(libc.mount(b"tmpfs", place, b"tmpfs", _HARMLESS, options), "mount a tmpfs")
    _checked(libc.mount(b"proc", b"/proc", b"proc", _HARMLESS, None), "mount /proc")
    _set_read_only(b"/", _RECURSIVE, on=True)
    for place in own:
        if os.path.isdir(place):  # noqa: PTH112 - bytes
            _set_read_only(place, 0, on=False)
    os.chdir(os.getcwd())  # noqa: PTH109 - from the mount below into the one above


def _set_read_only(place: bytes, flags: int, *, on: bool) -> None:
    attributes = struct.pack("QQQQ", on, not on, 0, 0)  # set, clear, propagation, user namespace
    size = ctypes.c_size_t(len(attributes))
    number, here = ctypes.c_long(_MOUNT_SETATTR), ctypes.c_int(_HERE)
    _checked(libc.syscall(number, here, place, ctypes.c_uint(flags), attributes, size), "mount read-only")


def _die_with_parent() -> None:
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _become_init() -> None:
    """Split in three: the parent passes the end on, the init reaps, the child goes on."""
    if init := os.fork():
        _end_like(_status_of(init, init))
    _die_with_parent()
    if child := os.fork():
        _end_like(_status_of(child, -1))


def _status_of(wanted: int, which: int) -> int:
    """Wait for a child: `which` is its number, or -1 to reap whatever else ends before it."""
    # The channel and the pipes are the program's: kept open here, they would never end.
    os.closerange(3, 256)
    while True:
        pid, status = os.waitpid(which, 0)
        if pid == wanted:
            return status


def _end_like(status: int) -> None:
    """End as the program did; a signal becomes 128 and its number, as a shell has it."""
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def _checked(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
