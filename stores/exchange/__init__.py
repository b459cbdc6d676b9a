"""In and out: files that other systems and people bring, and those that they are given.

`reading` makes rows of a file, `formats` gives them our columns, `products`, `stock`, `places` and `pairings` know what
a row asks for, `batches` carries it through: checked as a difference, applied in pieces, undone. `writing` is the way
out, `google` its feeds.
"""
