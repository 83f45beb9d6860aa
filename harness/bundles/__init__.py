"""What a library's maintainer is handed for a leak of it: a script that shows it with the library and nothing of ours.

::

    reproductions  which script shows a leak of which client, and running it
    written        the files of a bundle

The scripts lie in ``scripts/``, as text: they run in the environment of the client, never in this process.
"""
