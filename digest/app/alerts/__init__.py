"""What goes wrong is told to the operators, once, and once more when it is over.

`conditions` says from figures what is wrong, `figures` gathers them, `telling` has the ways, `watch` looks and tells.
"""
