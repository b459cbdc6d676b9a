"""What is found: articles of a department, narrowed by what somebody asks for, or those that some words mean.

`wishes` are what is asked, `facets` count what each further choice would leave, `words` make a query of what is typed,
`found` answers it, `spelling` puts it right. What is found comes as `stores.articles` shows it.
"""

from stores.search.facets import Counts, count
from stores.search.found import CAP, search
from stores.search.spelling import changed_since, learn, put_right
from stores.search.wishes import Sort, Wish, browse, is_any
from stores.search.words import fold

__all__ = [
    "CAP",
    "Counts",
    "Sort",
    "Wish",
    "browse",
    "changed_since",
    "count",
    "fold",
    "is_any",
    "learn",
    "put_right",
    "search",
]
