"""A seccomp filter: of the internet only plain TCP, which Landlock then restricts to ports.

Landlock does not know UDP, raw packets, MPTCP, SCTP and the sockets of virtual machines, and is passed by a TCP
connection that is opened with its first bytes (`MSG_FASTOPEN`); io_uring makes sockets without the calls that seccomp
sees. The program is BPF as <linux/filter.h> has it: some 30 instructions, of which most calls run nine.
"""

import ctypes
import os
import platform
from collections.abc import Sequence

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06  # BPF_LD|W|ABS, BPF_ALU|AND|K, BPF_RET|K
_EQUAL, _AT_LEAST = 0x15, 0x35  # BPF_JMP|JEQ|K, BPF_JMP|JGE|K
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_NR, _ARCH, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_EPERM, _ENOSYS, _X32 = 1, 38, 0x40000000
_UNIX, _INET, _INET6, _NETLINK = 1, 2, 10, 16
_KIND, _STREAM, _TCP, _FASTOPEN = 0xF, 1, 6, 0x20000000
# The audit name of the architecture; socket, sendto, sendmsg, sendmmsg, io_uring_setup.
_MACHINES = {
    "x86_64": (0xC000003E, 41, 44, 46, 307, 425),
    "aarch64": (0xC00000B7, 198, 206, 211, 269, 425),
}

Step = tuple[int, int, str, str] | str
"""An instruction with its constant and where it goes if true and if false (empty: on), or a place to go to."""


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("k", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("filter", ctypes.c_void_p))


def is_known() -> bool:
    """Whether there is a filter for this machine."""
    return platform.machine() in _MACHINES


def only_tcp() -> None:
    """Refuse this process and its children every door to the internet but plain TCP.

    Raises:
        OSError: the kernel refuses the filter, or the machine is not known.
    """
    if not is_known():
        raise OSError(_ENOSYS, f"no seccomp filter is written for {platform.machine()}")
    instructions = assembled(steps(*_MACHINES[platform.machine()]))
    array = (_Instruction * len(instructions))(*(_Instruction(*one) for one in instructions))
    program = _Program(len(instructions), ctypes.cast(array, ctypes.c_void_p))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"seccomp: {os.strerror(error)}")


def steps(arch: int, socket: int, sendto: int, sendmsg: int, sendmmsg: int, io_uring: int) -> Sequence[Step]:
    """The filter. Calls of a second set of numbers (32 bits, x32) do not exist."""
    return (
        (_LOAD, _ARCH, "", ""), (_EQUAL, arch, "", "absent"),
        (_LOAD, _NR, "", ""), (_AT_LEAST, _X32, "absent", ""), (_EQUAL, io_uring, "absent", ""),
        (_EQUAL, socket, "family", ""), (_EQUAL, sendmsg, "third", ""),
        (_EQUAL, sendto, "fourth", ""), (_EQUAL, sendmmsg, "fourth", "allow"),
        "family",
        (_LOAD, _argument(0), "", ""), (_EQUAL, _UNIX, "allow", ""), (_EQUAL, _NETLINK, "allow", ""),
        (_EQUAL, _INET, "kind", ""), (_EQUAL, _INET6, "kind", "refuse"),
        "kind",
        (_LOAD, _argument(1), "", ""), (_AND, _KIND, "", ""), (_EQUAL, _STREAM, "", "refuse"),
        (_LOAD, _argument(2), "", ""), (_EQUAL, 0, "allow", ""), (_EQUAL, _TCP, "allow", "refuse"),
        "third",
        (_LOAD, _argument(2), "", ""), (_AND, _FASTOPEN, "", ""), (_EQUAL, 0, "allow", "refuse"),
        "fourth",
        (_LOAD, _argument(3), "", ""), (_AND, _FASTOPEN, "", ""), (_EQUAL, 0, "allow", "refuse"),
        "absent", (_RETURN, _REFUSE | _ENOSYS, "", ""),
        "refuse", (_RETURN, _REFUSE | _EPERM, "", ""),
        "allow", (_RETURN, _ALLOW, "", ""),
    )  # fmt: skip


def assembled(program: Sequence[Step]) -> list[tuple[int, int, int, int]]:
    """Instructions with the distances of their jumps."""
    places: dict[str, int] = {}
    instructions: list[tuple[int, int, str, str]] = []
    for step in program:
        if isinstance(step, str):
            places[step] = len(instructions)
        else:
            instructions.append(step)
    return [
        (code, places[yes] - at - 1 if yes else 0, places[no] - at - 1 if no else 0, k)
        for at, (code, k, yes, no) in enumerate(instructions)
    ]


def _argument(number: int) -> int:
    """The offset of the lower half of an argument."""
    return _ARGUMENTS + 8 * number
