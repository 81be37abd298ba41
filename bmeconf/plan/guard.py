"""Guards: steps and policy -> findings of level error, or a refusal. Pure.

Every rule here is about the plan as a whole or about policy. The rules of a kind for its own
resources (frozen, blocked) were applied before there was a step.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from bmeconf.baseline import Section
from bmeconf.desired import matches
from bmeconf.kinds import KINDS, Audience, Mailing, Personal, only
from bmeconf.live import Reading, Status, doubts
from bmeconf.model import (
    CREATE,
    DELETE,
    Address,
    CampaignStatus,
    Finding,
    Problem,
    Resource,
    Snapshot,
    canonical_domain,
    counted,
    look,
    references,
)
from bmeconf.plan.acknowledge import PlanRefused
from bmeconf.plan.model import Plan, Step
from bmeconf.project import Policy


def check(steps: Sequence[Step], reading: Reading, policy: Policy) -> tuple[Finding, ...]:
    """Findings for which `apply` refuses the plan, or a reader thinks twice (design 4, 7).

    Those that the moment decides are in `moment`.
    """
    return (
        *_seeds(reading.desired, reading.account.resources, policy),
        *_protected(steps, reading.section, reading.desired),
        *_deletes(steps, policy),
        *_in_use(steps, reading),
        *_senders(reading),
        *_maybe_renamed(steps, reading),
        *_look_alikes(steps, reading),
    )


def _seeds(desired: Snapshot, live: Snapshot, policy: Policy) -> Iterable[Finding]:
    """Errors for contacts outside the seed policy; a note where no policy limits many contacts.

    A pinned contact may be somebody else, so that the live address counts as well.
    """
    kind = only(Personal)
    contacts = desired.of_kind(kind.name)
    if policy.seeds is None and len(contacts) > 200:
        message = f"{len(contacts)} contacts are declared and no seed policy limits them"
        remedy = "say which addresses are seeds: policy: {seeds: [...]} in bmeconf.yaml"
        yield Finding("note", "many_contacts", contacts[0].address, message, remedy)
    for contact in contacts if policy.seeds is not None else ():
        emails = [contact.address.name, *contact.intent.renamed_from]
        if there := live.get(contact.address):
            emails.append(str(there.fields[kind.identity]))
        for email in dict.fromkeys(emails):
            if not is_seed(email, policy):
                yield _not_a_seed(contact.address, email)


def seed_problems(desired: Snapshot, policy: Policy) -> list[Problem]:
    """What the seed policy says of the contacts, as problems at their places."""
    return [
        Problem.of(finding._replace(place=desired.resources[finding.address].intent.place))
        for finding in _seeds(desired, Snapshot(), policy)
    ]


def is_seed(email: str, policy: Policy) -> bool:
    """True where the seed policy allows the address; without a policy every address is allowed."""
    if policy.seeds is None:
        return True
    kind = only(Personal).name
    return any(matches(f"{kind}/{glob}", Address(kind, email)) for glob in policy.seeds)


def _not_a_seed(contact: Address, email: str) -> Finding:
    message = f"{email} is outside the seed policy of this project"
    remedy = "correct the address, or widen policy: seeds in bmeconf.yaml"
    return Finding("error", "not_a_seed", contact, message, remedy)


def refusal(plan: Plan) -> PlanRefused | None:
    """Why an apply without acknowledgements refuses `plan`: its error-level findings."""
    return PlanRefused(plan.errors) if plan.errors else None


def refuse(plan: Plan, errors: Sequence[Finding] = ()) -> None:
    """Refuse a plan that has an error which nothing lets through, or `errors` beside it.

    Raises:
        PlanRefused: naming the findings.
    """
    errors = (*(finding for finding in plan.errors if not finding.allow), *errors)
    if errors:
        raise PlanRefused(errors)


def recheck(plan: Plan, policy: Policy) -> None:
    """Check a saved plan against the policy as it is now, which may be stricter than it was.

    Raises:
        PlanRefused: naming what the policy does not allow any more.
    """
    findings = [*_deletes(plan.steps, policy)]
    for step in plan.steps:
        kind, emails = KINDS[step.address.kind], {step.address.name}
        # What it is called before counts too: a plan may be made to take a customer for a seed.
        sides = [s for c in step.changes if c.path == (kind.identity,) for s in (c.before, c.after)]
        emails |= {str(side) for side in sides if side}
        if isinstance(kind, Personal) and not all(is_seed(email, policy) for email in emails):
            findings.append(_not_a_seed(step.address, step.address.name))
    refuse(plan, findings)


def refuse_protected(plan: Plan, section: Section) -> None:
    """Refuse a saved plan that deletes or renames what the lock file protects by now.

    Raises:
        PlanRefused: naming it.
    """
    refuse(plan, [*_protected(plan.steps, section, Snapshot())])


def _protected(steps: Sequence[Step], section: Section, desired: Snapshot) -> Iterable[Finding]:
    """Errors for deletes and renames of protected resources.

    A resource is protected where it is declared so, or was at the last apply. That is remembered
    by id, so that neither a new name nor a missing block lifts the protection.
    """
    for step in steps:
        resource = desired.get(step.address)
        entry = section.of(step.address, step.pin.id) if step.pin else None
        declared = resource is not None and resource.intent.protect
        if not declared and not (entry and entry.protect):
            continue
        identity = KINDS[step.address.kind].identity
        renamed = any(c.path == (identity,) and c.before for c in step.changes)
        if renamed or step.action == DELETE:
            what = "deleted" if step.action == DELETE else "renamed"
            since = "" if declared else ", as it was last applied,"
            message = f"is protected{since} and would be {what}"
            remedy = "if that is meant, declare it without protect: true and apply that first"
            yield Finding("error", "protected", step.address, message, remedy)


def _deletes(steps: Sequence[Step], policy: Policy) -> Iterable[Finding]:
    deletes, most = [step for step in steps if step.action == DELETE], policy.max_deletes
    if most is not None and len(deletes) > most:
        message = f"{len(deletes)} planned deletes are more than the policy allows: {most}"
        remedy = "delete in several changes, or raise policy: max_deletes in bmeconf.yaml"
        yield Finding("error", "too_many_deletes", deletes[0].address, message, remedy)


def _in_use(steps: Sequence[Step], reading: Reading) -> Iterable[Finding]:
    """Warnings for deletes of objects that undeclared campaigns use: one may be scheduled."""
    kind = only(Mailing)
    for step in steps:
        uses = step.pin.uses.get(kind.name, 0) if step.action == DELETE and step.pin else 0
        if not uses:
            continue
        known = sum(
            step.address in references(user.fields)
            for user in (*reading.account.resources, *reading.account.dependents)
            if user.address.kind == kind.name
        )
        if uses > known:
            message = (
                f"would be deleted, and {kind.counted(uses - known)} that no manifest"
                " declares uses it; a scheduled one would lose it as a recipient"
            )
            remedy = "look at the campaigns in the web app before --allow-delete"
            yield Finding("warning", "in_use", step.address, message, remedy)


def unready_senders(desired: Snapshot, ready: Iterable[str]) -> Iterator[tuple[Resource, str]]:
    """The declared campaigns whose sender is on no domain that is `ready`, and its domain."""
    kind, ready_ones = only(Mailing), {*map(canonical_domain, ready)}
    for campaign in desired.of_kind(kind.name):
        domain = str(campaign.fields.get(kind.sender) or "").rpartition("@")[2]
        if domain and canonical_domain(domain) not in ready_ones:
            yield campaign, domain


def _senders(reading: Reading) -> Iterable[Finding]:
    kind, domains = only(Mailing), reading.account.ready_domains
    if domains is None:
        return
    for campaign, domain in unready_senders(reading.desired, domains):
        live = reading.account.resources.get(campaign.address)
        if live is None or live.facts.get("status") == CampaignStatus.DRAFT:
            ready, field = ", ".join(sorted(domains)) or "none", kind.sender
            message = f"{field}: {domain} is not ready for sending in this account; ready: {ready}"
            remedy = "verify the domain in the web app, or use a sender on one that is ready"
            address = campaign.address
            yield Finding("error", "sender_not_ready", address, message, remedy, field)


def _maybe_renamed(steps: Sequence[Step], reading: Reading) -> Iterable[Finding]:
    """Warnings for lists to create that may be undeclared lists, renamed by hand.

    Everything that is declared to use the new list uses the same undeclared one. Drafts would
    move from the real audience to an empty list.
    """
    new = [s for s in steps if s.action == CREATE and isinstance(KINDS[s.address.kind], Audience)]
    if not new:
        return
    users: dict[Address, list[Resource]] = defaultdict(list)
    for user in reading.desired:
        for address in dict.fromkeys(references(user.fields)):
            users[address].append(user)
    declared = {*users, *reading.desired.resources}
    for step in new:
        if step.intent.origins:
            continue
        if reading.matches[step.address].status is Status.RENAMED_IN_MANIFESTS:
            continue
        held = [
            {a for a in references(live.fields) if a.name and a not in declared}
            for user in users.get(step.address, ())
            if (live := reading.account.resources.get(user.address))
        ]
        common = sorted(set.intersection(*held)) if held else []
        if len(common) == 1:
            message = "is not in the account, and all that is declared to use it uses"
            message += f" {common[0]} ({counted(len(held), 'resource')})"
            old = doubts.flow([common[0].name])
            remedy = f"if it was renamed by hand, add renamed_from: {old}"
            yield Finding("warning", "maybe_renamed", step.address, message, remedy)


def _look_alikes(steps: Sequence[Step], reading: Reading) -> Iterable[Finding]:
    """Notes on names to be given that a hasty reader takes for the name of another live object."""
    given = [
        step.address
        for step in steps
        if not isinstance(kind := KINDS[step.address.kind], Personal)
        and any(change.path == (kind.identity,) for change in step.changes)
    ]
    kinds = {address.kind for address in given}
    named: dict[tuple[str, str], list[Address]] = defaultdict(list)
    for address in sorted(a for a in reading.account.id_map.ids if a.kind in kinds):
        named[address.kind, look(address.name)].append(address)
    for address in given:
        for other in named[address.kind, look(address.name)]:
            if other.name != address.name:
                message = f"the account has {other} too, and only letter case, blanks or letters"
                message += " that look the same tell the two names apart"
                remedy = "use the name that is there, unless both are meant"
                yield Finding("note", "look_alike", address, message, remedy)
