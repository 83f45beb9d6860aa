"""The events of a market as the messages of a venue, as a client has them parsed: dicts of text, whole numbers, lists.

One module for each venue; what it must remember of a symbol is in one small object.
"""
