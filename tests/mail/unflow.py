"""What a mail program makes of text that is format=flowed: paragraphs, by RFC 3676 alone."""


def unflowed(text: str, *, delsp: bool) -> list[tuple[int, str]]:
    """Each paragraph of `text`, lines of CRLF, with the depth of its quotation."""
    paragraphs: list[tuple[int, str]] = []
    flows = False
    for line in text.removesuffix("\r\n").split("\r\n"):
        bare = line.lstrip(">")
        depth = len(line) - len(bare)
        bare = bare.removeprefix(" ")
        signature = bare == "-- "
        joined = flows and not signature and depth == paragraphs[-1][0]
        flows = bare.endswith(" ") and not signature
        content = bare[:-1] if flows and delsp else bare
        if joined:
            paragraphs[-1] = (depth, paragraphs[-1][1] + content)
        else:
            paragraphs.append((depth, content))
    return paragraphs
