"""Names of others on a terminal."""


def printable(name: str) -> str:
    """A name as one line of text, whatever it holds.

    What would steer a terminal, turn the line's direction or begin a new one, and bytes that are no
    UTF-8, are written as Python writes them: ``\\x1b``, ``\\n``, ``\\udce9``.
    """
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in name)
