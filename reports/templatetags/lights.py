"""Lights: a shape, a word and a colour, so that greyscale print and colour-blind readers lose nothing."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tracker.assessment import Judgement, Light

register = template.Library()

SHAPES = {
    light: format_html('<i aria-hidden="true">{}</i>', shape)
    for light, shape in [(Light.GREEN, "●"), (Light.YELLOW, "▲"), (Light.RED, "■"), (Light.GREY, "○")]
}


def shape(light: str) -> SafeString:
    """The shape of a light; a screen reader is given the words beside it instead."""
    return SHAPES[Light(light)]


@register.simple_tag
def light(colour: str, status: str) -> SafeString:
    """A target's light with the word of its status: ■ 欠序时."""
    return format_html(
        '<span class="light {0}">{1}{2}<span class="visually-hidden">（{3}）</span></span>',
        colour,
        shape(colour),
        Judgement(status).label,
        Light(colour).label,
    )


@register.simple_tag
def light_shape(colour: str) -> SafeString:
    """A target's light where a narrow column has no room for the word, which is for screen readers only."""
    return format_html(
        '<span class="light {0}">{1}<span class="visually-hidden">{2}</span></span>',
        colour,
        shape(colour),
        Light(colour).label,
    )
