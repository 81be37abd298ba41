"""The questions on structures, lists, campaigns, and the API as a whole. Pure."""

from __future__ import annotations

from bmeconf.probe.questions.question import NEVER, TOLERANT, WRITE, Question

NEW_PAGE = "pages of listings are asked for in this size"
FOREIGN = "not asked: only on somebody's own campaign could it be tried"
EXCEEDING = "not asked: the limit would have to be exceeded"

MAIL = (
    # --- structures and lists
    Question(
        "structure_version",
        "Does a contact structure show its __v?",
        "4.1",
        "GET contact-structure",
        "writes of the structure carry it",
    ),
    Question(
        "structure_create",
        "May a key create a contact structure?",
        "4.1",
        "not asked: a structure that was made could not be removed",
        way=NEVER,
    ),
    Question(
        "lists_page",
        "Is a page of lists an object with its total, or a bare array?",
        "#8",
        "GET lists, page 1",
        TOLERANT,
    ),
    Question(
        "lists_all", "Is lists/all an object, or a bare array?", "#8", "GET lists/all", TOLERANT
    ),
    Question(
        "unknown_list",
        "Which status has an unknown list?",
        "#16",
        "GET of a list with an id that nothing has",
        TOLERANT,
    ),
    Question(
        "unique_list_names",
        "Is a second list of one name refused?",
        "#13",
        "POST of a list with the name of another",
        "none: it is looked for before it is made",
        WRITE,
    ),
    Question(
        "list_copy_name",
        "Does a copy of a list get the name that was asked for?",
        "#14",
        "POST lists/{id}/duplicate with a name",
        "none: one with another name is renamed",
        WRITE,
        switch=False,
    ),
    Question(
        "list_merge",
        "Do lists merge under the name that was asked for?",
        "#14",
        "POST lists/merge with a name and listIds",
        "none: one with another name is renamed",
        WRITE,
        switch=False,
    ),
    Question(
        "page_max_size",
        "How many rows has a page of lists or campaigns at most?",
        "#7",
        "GET with larger sizes, until one is refused or cut down",
        NEW_PAGE,
    ),
    Question(
        "page_max_size_mode",
        "Is a size above that cut down, or refused?",
        "#7",
        "as page_max_size",
    ),
    # --- campaigns
    Question(
        "campaign_body",
        "Does a campaign show all of it, or what the OpenAPI lists?",
        "#11",
        "GET of one campaign",
        "without its body a change by hand cannot be seen",
    ),
    Question(
        "campaign_fields",
        "Which documented fields does a campaign show?",
        "#11",
        "GET of one campaign",
        switch=False,
    ),
    Question(
        "campaign_lists_read",
        "In which shape does a campaign show its lists?",
        "#2",
        "GET of a campaign with recipients",
        TOLERANT,
    ),
    Question(
        "unknown_campaign",
        "Which status has an unknown campaign?",
        "#16",
        "GET of a campaign with an id that nothing has",
        TOLERANT,
        switch=False,
    ),
    Question(
        "campaign_names",
        "Is a second campaign of one name refused?",
        "4.4",
        "POST of a campaign with the name of another",
        "",
        WRITE,
        switch=False,
    ),
    Question(
        "campaign_copy_name",
        "Does a copy of a campaign get the name that was asked for?",
        "#14",
        "POST campaign/{id}/duplicate with a name",
        "none: one with another name is renamed",
        WRITE,
        switch=False,
    ),
    Question(
        "campaign_patch_version",
        "Does PATCH of a campaign need __v?",
        "#11",
        "PATCH of a draft without it",
        "",
        WRITE,
    ),
    Question(
        "campaign_clear",
        "Does an empty text clear a field of a draft?",
        "4.4",
        "PATCH with an empty text, then GET",
        "",
        WRITE,
        switch=False,
    ),
    Question(
        "edit_non_draft", "Can a campaign that is no draft be edited?", "4.4", FOREIGN, way=NEVER
    ),
    Question(
        "delete_live_campaigns", "Can a scheduled campaign be deleted?", "4.4", FOREIGN, way=NEVER
    ),
    Question(
        "verify_from",
        "Is an unverified sender refused in a draft already?",
        "#21",
        "PATCH of a draft with a sender that nobody has",
        "",
        WRITE,
    ),
    Question(
        "body_rewriting",
        "What becomes of a body that is written?",
        "#22",
        "PATCH of a draft with a script, a link and text, then GET",
        "",
        WRITE,
    ),
    # --- bodies, versions, headers, limits
    Question(
        "unknown_keys",
        "Are unknown keys in a body refused?",
        "6.1",
        "search, and PATCH of a list, with a key that no document names",
    ),
    Question(
        "version_step",
        "By how much does a write raise __v?",
        "#17",
        "PATCH of a list and of a draft, PUT of a contact",
        "",
        WRITE,
        switch=False,
    ),
    Question("etag", "Do replies carry an ETag?", "5", "every GET", switch=False),
    Question(
        "error_limit_headers",
        "Do refusals carry the headers of the limits?",
        "#20",
        "GET of a list with an id that nothing has",
    ),
    Question(
        "hour_limit", "How many requests may an hour have?", "3.1", "X-RateLimit-Limit of a reply"
    ),
    Question(
        "hour_seconds",
        "How long is an hour of the limits, in seconds?",
        "3.1",
        "not asked: a reply only shows when it ends",
        way=NEVER,
    ),
    Question("minute_limit", "How many requests may a minute have?", "3.1", EXCEEDING, way=NEVER),
    Question(
        "minute_seconds",
        "How long is a minute of the limits, in seconds?",
        "3.1",
        EXCEEDING,
        way=NEVER,
    ),
    Question(
        "month_quota",
        "How many requests may a billing period have?",
        "3.1",
        "X-Monthly-Limit of a reply",
    ),
    Question(
        "month_seconds",
        "How long is a billing period, in seconds?",
        "3.1",
        "not asked: no reply shows it",
        way=NEVER,
    ),
    Question(
        "auth_failures",
        "How many refused keys block an address?",
        "3.2",
        "not asked: this machine would be blocked",
        way=NEVER,
    ),
    Question(
        "auth_block_seconds",
        "How long is an address blocked, in seconds?",
        "3.2",
        "not asked: this machine would be blocked",
        way=NEVER,
    ),
)
