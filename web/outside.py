"""What the outside world reads: the sitemap and the feeds."""

from web.routing import Routes

routes = Routes()
