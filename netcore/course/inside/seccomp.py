"""A list of the system calls that computing needs; all others fail with EPERM.

Nothing on the list opens a socket, makes a process or a thread, sends a signal, traces, mounts, or changes a file: `open` only
for reading, `prlimit` and `fcntl` only to ask. So UDP, abstract sockets, io_uring, userfaultfd and whatever a later kernel adds
are out without being named; and since no limit counts threads that share a stack, without any a submission takes one processor
at most from its neighbours. Two wider lists are for building what is submitted as source: `write` may change files where
Landlock lets it, but not make one vanish that still takes disk, and `build` may also start programs, but make no namespace.
`threads` is for the grader's own engine in a race.
Source: seccomp(2), linux/seccomp.h, linux/bpf_common.h.
"""

import ctypes
import platform
import struct

ALLOW, DENY, NO_SUCH_CALL, KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000  # ERRNO | EPERM, ERRNO | ENOSYS
LOAD, EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06  # opcodes of classic BPF
WRITING = 0x1 | 0x2 | 0x40 | 0x200  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC
NAMELESS = 0x400000  # __O_TMPFILE
CLONE_THREAD = 0x10000
CLONE_NEW = 0x7E020080  # all kinds of namespaces

# read write close stat fstat lstat poll lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn pread64 readv writev access
# select sched_yield mremap madvise dup nanosleep getpid exit uname getcwd readlink gettimeofday getrlimit getrusage sysinfo times getuid
# getgid geteuid getegid getppid sigaltstack gettid time futex sched_getaffinity getdents64 set_tid_address restart_syscall clock_gettime
# clock_getres clock_nanosleep exit_group newfstatat readlinkat faccessat set_robust_list getcpu getrandom membarrier statx rseq faccessat2
X86_64 = (
    *(0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 19, 20, 21, 23, 24, 25, 28, 32, 35, 39, 60, 63, 79, 89, 96, 97, 98, 99, 100, 102),
    *(104, 107, 108, 110, 131, 186, 201, 202, 204, 217, 218, 219, 228, 229, 230, 231, 262, 267, 269, 273, 309, 318, 324, 332, 334, 439),
)
# the same, where aarch64 has them (ppoll and pselect6 for poll and select)
AARCH64 = (
    *(17, 23, 48, 57, 61, 62, 63, 64, 65, 66, 67, 72, 73, 78, 79, 80, 93, 94, 96, 98, 99, 101, 113, 114, 115, 123, 124, 128, 132, 134, 135, 139),
    *(153, 160, 163, 165, 168, 169, 172, 173, 174, 175, 176, 177, 178, 179, 214, 215, 216, 222, 226, 233, 278, 283, 291, 293, 439),
)
# ftruncate fallocate, for a build that writes; unlink unlinkat rename fork vfork execve wait4 waitid pipe pipe2 dup2 dup3 arch_prctl
# umask chmod fchmod fchmodat ioctl fadvise64 getpgrp statfs fstatfs seccomp landlock_*, for one that starts programs
WRITES = {"x86_64": (77, 285), "aarch64": (46, 47)}
BUILDS = {
    "x86_64": (16, 22, 33, 57, 58, 59, 61, 82, 87, 90, 91, 95, 111, 137, 138, 158, 221, 247, 263, 264, 268, 292, 293, 316, 317, 444, 445, 446),
    "aarch64": (24, 29, 35, 38, 43, 44, 52, 53, 59, 95, 166, 221, 223, 260, 276, 277, 444, 445, 446),
}
# machine: (audit number, allowed, seccomp, {open-like call: which argument holds the flags}, clone, prlimit64, fcntl)
MACHINES = {
    "x86_64": (0xC000003E, X86_64, 317, {2: 1, 257: 2}, 56, 302, 72),
    "aarch64": (0xC00000B7, AARCH64, 277, {56: 2}, 220, 261, 25),
}
CLONE3 = 435


def filter_for(machine: str, kind: str = "run") -> bytes:
    """The filter's instructions, to run (with threads), write or build. Each rule is complete in itself, so that no jump is longer than the rule."""
    audit, allowed, _, opens, clone, prlimit, fcntl = MACHINES[machine]
    if writes := kind in ("write", "build"):
        allowed += (*WRITES[machine], *(BUILDS[machine] if kind == "build" else ()))

    def argument(index: int, high: bool = False) -> tuple[int, int, int, int]:
        return (LOAD, 0, 0, 16 + 8 * index + (4 if high else 0))

    def rule(number: int, *body: tuple[int, int, int, int]) -> list[tuple[int, int, int, int]]:
        return [(EQUAL, 0, len(body), number), *body]

    yes, no = (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, DENY)
    code = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, audit), (RETURN, 0, 0, KILL), (LOAD, 0, 0, 0)]
    for number in allowed:
        code += rule(number, yes)
    for number, index in opens.items():
        code += rule(number, argument(index), (ANY_BIT, 1, 0, NAMELESS if writes else WRITING), yes, no)
    if kind in ("threads", "build"):
        code += rule(clone, argument(0), (ANY_BIT, 1, 0, CLONE_NEW) if kind == "build" else (ANY_BIT, 0, 1, CLONE_THREAD), yes, no)
    code += rule(prlimit, argument(2), (EQUAL, 0, 3, 0), argument(2, high=True), (EQUAL, 0, 1, 0), yes, no)
    code += rule(fcntl, argument(1), (EQUAL, 2, 0, 1), (EQUAL, 1, 0, 2), (EQUAL, 0, 1, 3), yes, no)
    code += rule(CLONE3, (RETURN, 0, 0, NO_SUCH_CALL))  # glibc then takes clone, whose flags can be looked at
    return b"".join(struct.pack("<HBBI", *line) for line in [*code, no])


def install(libc: ctypes.CDLL, kind: str = "run") -> bool:
    """For all threads of this process, for good. False where the machine or the kernel does not know it."""
    if platform.machine() not in MACHINES:
        return False
    code = filter_for(platform.machine(), kind)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer)), 16)
    return libc.syscall(ctypes.c_long(MACHINES[platform.machine()][2]), ctypes.c_long(1), ctypes.c_long(1), program) == 0
