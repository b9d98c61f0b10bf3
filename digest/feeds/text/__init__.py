"""What a feed says -> what is fit to print (pure): plain ─▶ furniture ─▶ clean.

`sentences` knows where one ends, `language` what it is in, `phrases` what sites say around their articles.
"""
