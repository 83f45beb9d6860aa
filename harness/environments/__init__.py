"""Which code a config is judged with: a folder, a revision, packages, an interpreter, each of its own.

::

    versions         what a config asks for
    provided         what becomes of it on this machine: an interpreter, and the folders first on its path
    revisions        a revision as a worktree
    packages         packages as a virtual environment
    judging_modules  the few modules that judge, beside them
    interpreters     the interpreters that are installed
    commands         running git, pip and venv, which end with whoever waits
    cache            where all that is made once is kept, and how it is removed

What is made is said before. Nothing of a user's program is imported here.
"""
