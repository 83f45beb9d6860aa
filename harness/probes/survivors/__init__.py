"""Who keeps memory mapped that is mostly free: the objects in pinned arenas, by name."""
