"""Lists in pages: ``?page=2&page_size=200``."""

from django.core.paginator import InvalidPage
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import PageNumberPagination


class PageNumbers(PageNumberPagination):
    """Pages of 50, at most 200; a page or a size that makes no sense is refused and not guessed at."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"

    def get_page_size(self, request):
        asked = request.query_params.get(self.page_size_query_param)
        if asked is None:
            return self.page_size
        if not (asked.isascii() and asked.isdigit() and len(asked) < 4 and 1 <= int(asked) <= self.max_page_size):
            raise ValidationError({"page_size": f"Write a whole number from 1 to {self.max_page_size}."})
        return int(asked)

    def paginate_queryset(self, queryset, request, view=None):
        self.request = request
        paginator = self.django_paginator_class(queryset, self.get_page_size(request))
        asked = self.get_page_number(request, paginator)
        try:
            self.page = paginator.page(asked)
        except InvalidPage:
            raise NotFound(f"There is no page {str(asked)[:20]!r}; the last one is {paginator.num_pages}.") from None
        return list(self.page)

    def get_paginated_response_schema(self, schema):
        """Return what the OpenAPI document says of a page; REST framework's own says ``nullable`` as 3.0 did."""
        address = {"type": ["string", "null"], "format": "uri"}
        properties = {"count": {"type": "integer"}, "next": address, "previous": address, "results": schema}
        return {"type": "object", "required": list(properties), "properties": properties}
