"""The questions on contacts, and on the search for them (API contract 4.2). Pure."""

from __future__ import annotations

from bmeconf.probe.questions.question import TOLERANT, WRITE, Question

FIRST_SHAPE = "contact writes begin with the shape that is taken"
NEW_BATCH = "so many addresses are asked for in one search"

PEOPLE = (
    # --- contacts
    Question(
        "contact_all",
        "In which form do all contacts come at once?",
        "#8",
        "GET contact, in an account of few contacts",
        TOLERANT,
    ),
    Question(
        "contact_version",
        "Does a contact show its __v?",
        "4.2",
        "GET of one contact",
        "replacements carry it",
        switch=False,
    ),
    Question(
        "unknown_contact",
        "Which status has an unknown contact?",
        "#16",
        "GET of a contact with an id that nothing has",
        TOLERANT,
        switch=False,
    ),
    Question(
        "contact_lists_read",
        "In which shape does a contact show its lists?",
        "#2",
        "GET of a contact that is on a list",
        TOLERANT,
    ),
    Question(
        "contact_lists_write",
        "In which shape are the lists of a contact written?",
        "#1",
        "POST and PUT of a contact with either shape",
        FIRST_SHAPE,
        WRITE,
    ),
    Question(
        "contact_put",
        "Does PUT of a contact replace it, or add to it?",
        "#3",
        "PUT without lists, then GET",
        "none: the first replacement of a run is read back",
        WRITE,
    ),
    Question(
        "contact_key_case",
        "What becomes of capitals in an address?",
        "#18",
        "a search in small letters for an address with a capital",
        "none: both writings are searched for",
    ),
    Question(
        "active_secondary",
        "Does an active contact show a secondary status?",
        "6.1",
        "GET of an active contact",
        TOLERANT,
    ),
    Question(
        "create_tags",
        "Does POST of a contact take tags?",
        "4.2",
        "POST of a contact with a tag",
        "tags need no second write",
        WRITE,
    ),
    Question(
        "create_status",
        "Does POST of a contact take a status?",
        "4.2",
        "POST of a contact that is Inactive",
        "",
        WRITE,
    ),
    Question(
        "put_inactive",
        "Can an Inactive contact be replaced?",
        "4.2",
        "PUT of the contact once it is Inactive",
        "",
        WRITE,
    ),
    Question(
        "status_patch_extras",
        "Are other keys beside a status refused?",
        "4.2",
        "PATCH of a status with another key",
        "",
        WRITE,
    ),
    # --- search
    Question(
        "search_status",
        "Does a hit show its status in strings, or in an object?",
        "6.1",
        "search for all sources",
        TOLERANT,
    ),
    Question(
        "search_multi_value",
        "Do several values under EQ mean any of them?",
        "#4",
        "search for the addresses of two contacts",
        "none: each address has a group of its own",
    ),
    Question(
        "search_empty_filters", "Do no filters find everything?", "4.2.1", "search without filters"
    ),
    Question(
        "search_max_size",
        "How many hits has a page of a search at most?",
        "#7",
        "search with larger pages, until one is refused or cut down",
        NEW_BATCH,
    ),
    Question(
        "search_max_size_mode",
        "Is a pageSize above that cut down, or refused?",
        "#7",
        "as search_max_size",
    ),
    Question(
        "search_max_groups",
        "How many groups may one search have?",
        "#4",
        "search for more and more addresses that nobody has",
        NEW_BATCH,
    ),
    Question(
        "search_ceiling",
        "How many hits can be paged through?",
        "#10",
        "search for late pages",
        "none: hits that do not come are an error",
    ),
    Question(
        "search_ceiling_mode",
        "Are pages behind that refused, or empty?",
        "#10",
        "as search_ceiling",
    ),
    Question(
        "search_lag_ms",
        "How long does a search not see a new contact, in ms?",
        "#9",
        "search for a new contact, again and again",
        "none: what is not found yet is searched for again",
        WRITE,
    ),
)
