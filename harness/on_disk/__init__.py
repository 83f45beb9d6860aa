"""What a run left on disk: the rows of the files that a target wrote, counted when all is over, in a process apart."""
