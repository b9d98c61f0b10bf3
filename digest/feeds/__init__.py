"""About one feed: fetch it, read it, know its articles again, and when to ask next.

wire      an address -> Fetched | NotModified | FetchFailed                                        (network)
isolate   a body -> FeedReading | WebPage | ReadFailed, in a child process                         (processes)
reading   the same, pure, one after the other:
            parsing    bytes -> what the feed says          pages      the same of a web page
            text       what it says -> what is fit to print
            images     which pictures are an article's own  links      which addresses are safe, or the same
            identity   by which names an article is known again
manners   when to poll again, and where
"""
