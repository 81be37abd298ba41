"""A footer of one's own: the words by which a link says that it unsubscribes. Pure."""

from __future__ import annotations

import re

LONGEST = 70
WORDS = re.compile(
    r"(?:(?:click |tap )?(?:here )?(?:to )?|(?:i )?(?:want|would like) to |instantly |"
    r"(?:update|manage|change)[\w ]{0,30} (?:or|and|/|\|) )"
    r"(?:unsubscribe|opt[- ]?out)"
    r"(?:$|[.!,:;|/»›→-]| (?:here|now|me|link|instantly|from |by |in |with ).*)"
    r"|.*(?:newsletter abbestellen|vom newsletter abmelden|newsletter abmelden|hier abmelden|"
    r"se désabonner|se désinscrire|me désabonner|désinscription|désabonnement|darse de baja|"
    r"(?:cancelar|anular) (?:la |mi )?suscripci[oó]n|annulla (?:l')?iscrizione|"
    r"cancella (?:l')?iscrizione|disiscriviti|cancelar (?:a )?(?:inscrição|assinatura|subscrição)|"
    r"descadastre|nieuwsbrief afmelden|afmelden voor|uitschrijven|meld (?:deg|dig|meg) av|"
    r"avmelding|avmeld (?:nyhetsbrev|meg)|avregistrera|avsluta prenumeration|avprenumerera|"
    r"afmeld (?:nyhedsbrev|mig)|peru(?:uta)? uutiskirje|wypisz się|anuluj subskrypcję|"
    r"odhlásit (?:se|odběr)|отписаться|отказаться от рассылки|відписатися|配信停止|退订|取消订阅|"
    r"取消訂閱|수신\s?거부|إلغاء الاشتراك|ביטול הרשמה|הסרה מרשימת|abonelikten (?:çık|ayrıl)).*"
    r"|(?:abmelden|abbestellen|afmelden|avmeld|désabonner|désinscrire|desuscribirse|cancella)[.!]?",
    re.IGNORECASE | re.DOTALL,
)
"""The whole text of such a link, in the languages that most newsletters have."""
BEFORE = re.compile(
    r"\b(?:unsubscribe|opt[- ]out|abmelden|abbestellen|désabonner|désinscrire|darse de baja|"
    r"avmelde|afmelden|disiscriverti)\b[^.!?]{0,40}$",
    re.IGNORECASE,
)
HERE = re.compile(
    r"(?:(?:please )?(?:click|tap)? ?(?:here|this link)|hier(?: klicken)?|(?:cliquez )?ici|"
    r"(?:haz clic )?aqu[ií]|her|här|clicca qui|qui)[.!]?",
    re.IGNORECASE,
)
"""The text of a link that means what stands before it."""
ADDRESS = re.compile(
    r"[/?&=](?:unsubscribe|unsub|optout|opt-out)(?=$|[/?&=#.])|[?&]subject=unsubscribe|"
    r"(?:%%|\*\||\{\{ ?|\{)\s*_?(?:unsub|unsubscribe)\w*",
    re.IGNORECASE,
)
IN_PLAIN = re.compile(
    r"\b(?:unsubscribe|opt[- ]out)\b[^\n]{0,80}?(?:\n\s*)?https?://", re.IGNORECASE
)
"""The words of a plain text, with the address right behind them."""


def unsubscribes(address: str, text: str, before: str) -> bool:
    """True if a link to `address` with this `text`, behind the text `before`, unsubscribes."""
    text = " ".join(text.split())
    if ADDRESS.search(address):
        return True
    if len(text) > LONGEST:
        return False
    return bool(WORDS.fullmatch(text) or (HERE.fullmatch(text) and BEFORE.search(before)))
