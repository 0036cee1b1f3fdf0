"""Parts of a page that are remembered for the next reader who may see the same (`reports.views.conditional`)."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token

register = template.Library()


class RememberNode(template.Node):
    def __init__(self, name: FilterExpression, nodelist: NodeList) -> None:
        self.name, self.nodelist = name, nodelist

    def render(self, context: Any) -> str:
        name, made = self.name.resolve(context), context.get("remembering")
        held: dict[str, str] = context.get("remembered") or {}
        if name in held:
            return held[name]
        html: str = self.nodelist.render(context)
        if made is not None:
            made[name] = html
        return html


@register.tag("remember")
def remember(parser: Parser, token: Token) -> RememberNode:
    """`{% remember "content" %}…{% endremember %}`: a part that depends on the page's mark alone.

    Nothing in it may name its reader: no token against forged requests, no account's name.
    """
    _tag, name = token.split_contents()
    nodelist = parser.parse(("endremember",))
    parser.delete_first_token()
    return RememberNode(parser.compile_filter(name), nodelist)
