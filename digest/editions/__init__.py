"""About an edition: when it is due (slots), what belongs in it (select), in which order (arrange), its look (render).

Pure but for the templates that `render` reads: the clock, the zone and the articles are arguments.
"""
