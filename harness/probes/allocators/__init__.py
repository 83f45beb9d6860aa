"""What the allocators (pymalloc, glibc, Arrow) hold, and where their heaps lie."""
