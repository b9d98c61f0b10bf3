"""The operators' desk: what ran, what is due, what fails, and the buttons for an edition under way.

`routes` has the addresses; `editions`, `feeds` and `charts` say what the pages show. English, as the command line.
"""
