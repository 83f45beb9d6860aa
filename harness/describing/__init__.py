"""What a target's factory takes, and what it says against the configs of a scenario.

A target's module is anybody's code: it may exit, hang, or find files of the current folder where libraries look for
their options. So it is imported by processes that build targets, and by a short-lived one that describes them::

    asking        asks such a process; each question once
    answering     the process: reads a question, imports the target, writes the answer
    parameters    tables against the dataclass of a factory

`soak` itself never imports a target, nor has it the current folder on its path.
"""
