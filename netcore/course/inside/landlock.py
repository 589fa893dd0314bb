"""Landlock: this process may read below the given folders, and touch no other file, TCP port, abstract socket or process.
A build may also run what its tools are made of, and write in one folder.

Source: landlock(7), linux/landlock.h; the kernel's ABI version says which rights can be taken away.
"""

import ctypes
import os
import stat
import struct

READ = (1 << 2) | (1 << 3)  # READ_FILE, READ_DIR
RUN = READ | 1  # EXECUTE too
REMOVE = 1 << 5  # of files
WRITE = READ | 1 << 1 | REMOVE | 1 << 8 | 1 << 14  # WRITE_FILE, REMOVE_FILE, MAKE_REG, TRUNCATE: plain files, no links, no folders
ON_FILES = 1 | 1 << 1 | 1 << 2 | 1 << 14  # the rights that a rule on a single file may give
CREATE, ADD, RESTRICT = 444, 445, 446
ALL_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}


def version(libc: ctypes.CDLL) -> int:
    """The kernel's Landlock ABI, 0 where it has none."""
    return max(0, libc.syscall(ctypes.c_long(CREATE), None, ctypes.c_long(0), ctypes.c_long(1)))


def restrict(libc: ctypes.CDLL, allowed: list[tuple[str, int]]) -> int:
    """Take away everything but the given rights below the given paths. Needs NO_NEW_PRIVS. Returns the ABI version, 0 where it did not work."""
    abi = version(libc)
    if not abi:
        return 0
    attributes = struct.pack("<QQQ", ALL_RIGHTS[min(abi, 5)], 3 if abi >= 4 else 0, 3 if abi >= 6 else 0)
    attributes = attributes[: 8 if abi < 4 else 16 if abi < 6 else 24]
    ruleset = libc.syscall(ctypes.c_long(CREATE), attributes, ctypes.c_long(len(attributes)), ctypes.c_long(0))
    if ruleset < 0:
        return 0
    done = True
    for path, rights in allowed:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rights &= ALL_RIGHTS[min(abi, 5)] & (-1 if stat.S_ISDIR(os.fstat(place).st_mode) else ON_FILES)
        rule = ctypes.create_string_buffer(struct.pack("<Qi", rights, place), 12)
        done &= libc.syscall(ctypes.c_long(ADD), ctypes.c_long(ruleset), ctypes.c_long(1), rule, ctypes.c_long(0)) == 0
        os.close(place)
    done &= libc.syscall(ctypes.c_long(RESTRICT), ctypes.c_long(ruleset), ctypes.c_long(0)) == 0
    os.close(ruleset)
    return abi if done else 0
