"""Which code a config is judged with: a folder, a revision, packages, an interpreter, each of its own.

::

    versions   what a config asks for
    provided   what becomes of it on this machine: an interpreter, and the folders first on its path
"""
