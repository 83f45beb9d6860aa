"""Where the memory of a loaded library ends, from the ELF header at its beginning (elf(5), 64 bits)."""

from __future__ import annotations

from harness.probes.resident.own_memory import OwnMemory

_MAGIC = int.from_bytes(b"\x7fELF\x02", "little")
_LOAD = 1
_PAGE_MASK = 0xFFF


def end_of_library(memory: OwnMemory, start: int) -> int:
    """The address behind the .bss of the library whose file is mapped from `start` on; 0 where there is none."""
    words = memory.few_words(start)
    if words[0] & 0xFF_FFFF_FFFF != _MAGIC:
        return 0
    headers, size_and_count = words[4], words[6]  # e_phoff; e_flags, e_ehsize, e_phentsize; e_phnum follows
    size, count = size_and_count >> 48, memory.few_words(start + 56)[0] & 0xFFFF
    first, end = None, 0
    for number in range(count):
        # p_type, p_flags, p_offset, p_vaddr, p_paddr, p_filesz, p_memsz
        kind, _, address, _, _, length, *_ = memory.few_words(start + headers + number * size)
        if kind & 0xFFFFFFFF == _LOAD:
            first = address & ~_PAGE_MASK if first is None else first
            end = max(end, address + length)
    return 0 if first is None else start - first + end
