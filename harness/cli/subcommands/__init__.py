"""What ``soak`` can be told to do, a module a subcommand; what several of them share lies beside this folder."""
