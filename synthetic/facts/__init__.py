"""The stylised facts of any stream, and the tape on which they are measured."""
