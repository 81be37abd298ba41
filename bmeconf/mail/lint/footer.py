"""A footer of one's own: the words by which a link says that it unsubscribes. Pure."""

from __future__ import annotations

import re

LONGEST = 70
"""So long is the text of such a link at most."""
ENGLISH = re.compile(
    r"(?:(?:click here |here )?(?:to )?|(?:update|manage|change)[\w ]{0,30} (?:or|and|/|\|) )"
    r"(?:unsubscribe|opt[- ]?out)"
    r"(?: ?[.!»›→]+| (?:here|now|me|link|instantly|from |by |in |with ).*)?",
    re.DOTALL,
)
"""The whole text of such a link; a headline may have these words too."""
PHRASES = (
    "newsletter abbestellen",
    "newsletter abmelden",
    "hier abmelden",
    "se désabonner",
    "se désinscrire",
    "me désabonner",
    "désinscription",
    "darse de baja",
    "cancelar suscripción",
    "cancelar la suscripción",
    "anular suscripción",
    "annulla iscrizione",
    "annulla l'iscrizione",
    "cancella iscrizione",
    "disiscriviti",
    "cancelar inscrição",
    "cancelar assinatura",
    "cancelar subscrição",
    "afmelden voor",
    "uitschrijven",
    "meld deg av",
    "meld dig av",
    "avregistrera",
    "avprenumerera",
    "afmeld nyhedsbrev",
    "peruuta uutiskirje",
    "wypisz się",
    "anuluj subskrypcję",
    "odhlásit odběr",
    "отписаться",
    "відписатися",
    "配信停止",
    "退订",
    "取消订阅",
    "取消訂閱",
    "수신거부",
    "إلغاء الاشتراك",
    "ביטול הרשמה",
    "abonelikten çık",
)
"""What the text of such a link holds in other languages."""
ANY_PHRASE = re.compile("|".join(map(re.escape, PHRASES)))
ALONE = frozenset(
    ("abmelden", "abbestellen", "afmelden", "avmeld", "désabonner", "désinscrire", "cancella")
)
"""Words that are all of such a text; beside others they may be about something else."""
BEFORE = re.compile(
    r"\b(?:unsubscribe|opt[- ]out|abmelden|abbestellen|désabonner|désinscrire|darse de baja|"
    r"avmelde|afmelden|disiscriverti)\b[^.!?]{0,40}$",
)
HERE = re.compile(
    r"(?:(?:please )?(?:click )?(?:here|this link)|hier|ici|cliquez ici|aquí|her|här|qui)[.!]?"
)
"""The text of a link that means what stands before it."""
ADDRESS = re.compile(r"[/?&=](?:unsubscribe|unsub|optout|opt-out)(?=$|[/?&=#.])")
IN_PLAIN = re.compile(
    r"\b(?:unsubscribe|opt[- ]out)\b[^\n]{0,80}?(?:\n\s*)?https?://", re.IGNORECASE
)
"""The words of a plain text, with the address right behind them."""


def unsubscribes(address: str, text: str, before: str) -> bool:
    """True if a link to `address` with this `text`, behind the text `before`, unsubscribes."""
    text = " ".join(text.casefold().split())
    if ADDRESS.search(address.lower()):
        return True
    if len(text) > LONGEST:
        return False
    if ENGLISH.fullmatch(text) or text.rstrip(".!") in ALONE:
        return True
    meant = HERE.fullmatch(text) and BEFORE.search(before.casefold())
    return bool(meant or ANY_PHRASE.search(text))
