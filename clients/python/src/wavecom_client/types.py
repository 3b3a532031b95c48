"""Requests and answers of the API, made from docs/openapi.json by `make openapi`.

Fields have the names that they have on the wire. Moments are RFC 3339 texts in answers; requests take both.
"""

from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict

Status = Literal[
    "PENDING",
    "QUEUED",
    "PROCESSING",
    "SENT",
    "RETRYING",
    "FAILED",
    "CANCELLED",
    "EXPIRED",
    "DELIVERED",
    "UNDELIVERED",
]
"""Where a notification stands."""
Channel = Literal["EMAIL", "SMS", "PUSH"]
"""The way a notification reaches its recipient; the field is called ``type`` on the wire."""
Priority = Literal["LOW", "MEDIUM", "HIGH", "CRITICAL"]
"""How urgent a notification is; decides its lane."""
Encoding = Literal["GSM-7", "UCS-2"]
"""How a text message travels."""
OnUnknown = Literal["resend", "hold"]
"""What to do when nobody can know whether the provider sent a notification."""
Cause = Literal["permanent", "retries_exhausted", "provider_unavailable", "unknown", "suppressed", "unsubscribed"]
"""Why a notification is FAILED."""
Outcome = Literal["delivered", "transient", "permanent", "rate_limited", "unknown"]
"""What one attempt came to."""
About = Literal["recipient", "message", "sender", "identity", "unclear"]
"""Of whom a provider's refusal speaks."""
Scan = Literal["pending", "clean", "infected", "unscannable"]
"""What a scanner for malware says of an attachment."""
SuppressionReason = Literal["hard_bounce", "complaint", "manual", "unsubscribed"]
"""Why no more messages should go to an address."""
EventType = Literal[
    "notification.queued",
    "notification.sent",
    "notification.delivered",
    "notification.undelivered",
    "notification.retrying",
    "notification.failed",
    "notification.expired",
    "notification.cancelled",
    "suppression.added",
    "suppression.removed",
    "template.published",
    "endpoint.disabled",
    "endpoint.test",
]
"""The kind of an event, as it is on the wire."""
DisabledReason = Literal["byClient", "failing", "gone"]
"""Why an endpoint gets nothing."""
DeliveryStatus = Literal["pending", "succeeded", "failed"]
"""Where a delivery stands."""
Role = Literal["tenant", "operator"]
"""What a key may see."""


class Attached(TypedDict):
    """A file that an email carries."""

    id: str
    filename: str
    contentType: str
    # In bytes, as it is before any encoding
    size: int


class Push(TypedDict):
    """The options of a push message, beside its title and its body."""

    data: NotRequired[dict[str, str]]
    link: NotRequired[str]
    sound: NotRequired[str]
    badge: NotRequired[int]
    image: NotRequired[str]
    collapseKey: NotRequired[str]


class TemplateUse(TypedDict):
    """The template that subject, message and html were rendered from."""

    id: str
    version: int
    locale: str
    # Where the version compares several
    variant: NotRequired[str]
    # True where it was sent as a test of the template
    test: NotRequired[bool]


class Origin(TypedDict):
    """The sender of a notification, as it was when the notification was accepted."""

    id: str
    address: str
    name: NotRequired[str]
    replyTo: NotRequired[str]


class SmsSegments(TypedDict):
    """How an SMS is sent: GSM-7 holds 160 characters in one segment and 153 in each of several, UCS-2 70 and 67."""

    encoding: Encoding
    segments: int


class Attempt(TypedDict):
    """One call to one provider."""

    provider: str
    outcome: Outcome
    code: str | None
    startedAt: str
    durationMs: int
    # Of whom a refusal speaks
    about: About | None


class Notification(TypedDict):
    """A notification."""

    _id: str
    type: Channel
    recipient: str
    subject: NotRequired[str]
    message: str
    # Of an email, beside its message; left out of lists and of the answers to batches
    html: NotRequired[str]
    attachments: NotRequired[list[Attached]]
    push: NotRequired[Push]
    template: NotRequired[TemplateUse]
    category: NotRequired[str]
    # The link by which an email's category is left
    unsubscribeUrl: NotRequired[str]
    # Where it has none, its provider's own
    sender: NotRequired[Origin]
    # Of an SMS; other channels have none
    sms: NotRequired[SmsSegments]
    status: Status
    priority: Priority
    # Retries so far
    retryCount: int
    # Retries after the first attempt, at the most
    maxRetries: int
    onUnknown: OnUnknown
    metadata: NotRequired[dict[str, Any]]
    # The provider that took it, or refused it for good
    provider: NotRequired[str]
    # The provider's own id of the message
    providerMessageId: NotRequired[str]
    # Milliseconds from its claim until it was sent
    processingTimeMs: NotRequired[int]
    # Why the last attempt did not succeed
    error: NotRequired[str]
    # Why it is FAILED
    cause: NotRequired[Cause]
    # Calls to providers, in order
    attempts: NotRequired[list[Attempt]]
    scheduledAt: NotRequired[str]
    expiresAt: NotRequired[str]
    # When it is tried again, while it is RETRYING
    nextAttemptAt: NotRequired[str]
    sentAt: NotRequired[str]
    failedAt: NotRequired[str]
    deliveredAt: NotRequired[str]
    createdAt: str
    updatedAt: str


class Pagination(TypedDict):
    """Where a page stands. ``nextCursor`` is null on the last page.

    The totals are null for lists by recipient or time, which nobody counts.
    """

    currentPage: int
    totalPages: int | None
    totalItems: int | None
    itemsPerPage: int
    nextCursor: str | None


class NotificationPage(TypedDict):
    """A page of notifications, newest first."""

    notifications: list[Notification]
    pagination: Pagination


class FieldError(TypedDict):
    """What is wrong with one field."""

    field: str
    message: str


class ApiError(TypedDict):
    """What went wrong."""

    code: str
    # For people; says how many details are left out, if any are
    message: str
    # The first 20 of them
    details: list[FieldError]


class TemplateReference(TypedDict):
    """A template, and one of its versions."""

    id: str
    # Without it, the published one
    version: NotRequired[int | None]


class PushOptions(TypedDict):
    """The options of a push message, beside its title (``subject``) and its body (``message``)."""

    # Texts for your app, by name
    data: NotRequired[dict[str, str] | None]
    # What a tap opens
    link: NotRequired[str | None]
    # A file of your app, or default
    sound: NotRequired[str | None]
    # The number on its icon
    badge: NotRequired[int | None]
    # The address of a picture, by HTTPS
    image: NotRequired[str | None]
    # A device that was off gets the last message with it
    collapseKey: NotRequired[str | None]


class CreateNotification(TypedDict):
    """A notification to send."""

    # Channel
    type: Channel
    # Email address, phone number with country code, or FCM or APNs token, by type
    recipient: str
    # One of your senders of the channel; without it, your default, if any
    sender: NotRequired[str | None]
    # One of your categories; of a template that has one, that one
    category: NotRequired[str | None]
    # The template to render, in place of subject and message
    template: NotRequired[TemplateReference | None]
    # Of the template, by name: all of them, and no others
    variables: NotRequired[dict[str, Any] | None]
    # Of the template; de-CH, else de, else its default
    locale: NotRequired[str | None]
    # One line; required for EMAIL, unless a template makes it
    subject: NotRequired[str | None]
    # Required, unless a template makes it
    message: NotRequired[str | None]
    # Of an EMAIL, beside its message; scripts, forms, frames and style sheets are taken out
    html: NotRequired[str | None]
    # Of an EMAIL: ids of your attachments
    attachments: NotRequired[list[str] | None]
    # What a PUSH carries beside subject and message
    push: NotRequired[PushOptions | None]
    # CRITICAL and HIGH travel in a lane of their own
    priority: NotRequired[Priority]
    # Your own data: 8 KB, 5 levels; no key is empty, starts with $ or has a dot
    metadata: NotRequired[dict[str, Any] | None]
    # Send not before; up to a year ahead
    scheduledAt: NotRequired[datetime | str | None]
    # Send not after
    expiresAt: NotRequired[datetime | str | None]
    # Retries after the first attempt
    maxRetries: NotRequired[int]
    # When nobody can know whether it was sent: resend (rather twice) or hold (rather never); without it, what
    # the tenant's policy says
    onUnknown: NotRequired[OnUnknown | None]


class AuditEntry(TypedDict):
    """One status change."""

    _id: str
    notificationId: str
    sequence: int
    status: Status
    message: str
    timestamp: str
    metadata: dict[str, Any]
    # SHA-256 of this entry and of the digest before it
    digest: str


class NotificationDetail(TypedDict):
    """A notification and its audit trail."""

    notification: Notification
    logs: list[AuditEntry]


class CreateBatch(TypedDict):
    """Notifications to send, each accepted or refused on its own."""

    notifications: list[CreateNotification]


class BatchResult(TypedDict):
    """What became of one notification of a batch: ``data`` with status 201, ``error`` with any other."""

    index: int
    status: int
    data: NotRequired[Notification]
    # What was changed in the content, or may look otherwise than meant
    warnings: NotRequired[list[str]]
    error: NotRequired[ApiError]


class Batch(TypedDict):
    """What became of a batch, in order. Beyond 1 MB of errors, the refused ones have no details any more."""

    accepted: int
    refused: int
    results: list[BatchResult]


class Template(TypedDict):
    """A template. ``published`` is the version that is used where none is named, ``latest`` the newest one."""

    id: str
    channel: Channel
    description: str | None
    category: str | None
    published: int | None
    latest: int
    createdAt: str
    updatedAt: str
    archivedAt: str | None


class TemplatePage(TypedDict):
    """A page of templates. ``nextCursor`` is null on the last page."""

    templates: list[Template]
    nextCursor: str | None


class CreateTemplate(TypedDict):
    """A template to make."""

    id: str
    channel: Channel
    description: NotRequired[str | None]
    # Of the notifications that are made from it
    category: NotRequired[str | None]


class TemplateVersionSummary(TypedDict):
    """A version in a list, without its source."""

    number: int
    defaultLocale: str
    # Its languages
    locales: list[str]
    # The names of its variants, if it has any
    variantNames: list[str]
    variables: list[str]
    createdAt: str


class TemplateVersionPage(TypedDict):
    """A page of versions, newest first. ``nextCursor`` is null on the last page."""

    versions: list[TemplateVersionSummary]
    nextCursor: int | None


class VersionSource(TypedDict):
    """The source of a template in one language."""

    # One line, of an email; of a push message, its title
    subject: NotRequired[str | None]
    # Of an email with HTML it may be left out
    text: NotRequired[str | None]
    # Of an email; its style sheets are moved into the elements
    html: NotRequired[str | None]
    # Of an email, in place of html, made of it
    mjml: NotRequired[str | None]
    # Of a push message: what a tap opens
    link: NotRequired[str | None]
    # Of a push message: the address of a picture, by HTTPS
    image: NotRequired[str | None]
    # Of a push message: a file of your app, or default
    sound: NotRequired[str | None]
    # Of a push message: the number on the app's icon
    badge: NotRequired[str | None]
    # Of a push message: a device that was off gets the last one with it
    collapseKey: NotRequired[str | None]
    # Of a push message: texts for your app, by name
    data: NotRequired[dict[str, str] | None]


class VersionVariant(TypedDict):
    """One of several texts of a version."""

    # Its share of the recipients, among all weights
    weight: NotRequired[int]
    # The source by language
    locales: dict[str, VersionSource]


class CreateVersion(TypedDict):
    """The next version of a template."""

    # Used where no other language fits
    defaultLocale: str
    # The source by language
    locales: NotRequired[dict[str, VersionSource] | None]
    # In place of locales, two to four texts to compare, by name; each recipient gets one of them
    variants: NotRequired[dict[str, VersionVariant] | None]


class TemplateSource(TypedDict):
    """The source of a version in one language."""

    subject: NotRequired[str]
    text: NotRequired[str]
    html: NotRequired[str]
    mjml: NotRequired[str]
    link: NotRequired[str]
    image: NotRequired[str]
    sound: NotRequired[str]
    badge: NotRequired[str]
    collapseKey: NotRequired[str]
    data: NotRequired[dict[str, str]]


class TemplateVariant(TypedDict):
    """One of several texts of a version."""

    # Its share of the recipients, among all weights
    weight: int
    locales: dict[str, TemplateSource]


class TemplateVersion(TypedDict):
    """A version of a template, which never changes."""

    number: int
    defaultLocale: str
    # The source by language; where it has variants, of the first
    locales: dict[str, TemplateSource]
    # Texts to compare, by name
    variants: NotRequired[dict[str, TemplateVariant]]
    # What a notification must give
    variables: list[str]
    createdAt: str


class PreviewTemplate(TypedDict):
    """What to show: a version, or a source that is not stored."""

    # Without it, the published one, else the newest
    version: NotRequired[int | None]
    # In place of a version
    source: NotRequired[VersionSource | None]
    locale: NotRequired[str | None]
    # Of the version; without it, the first
    variant: NotRequired[str | None]
    variables: NotRequired[dict[str, Any]]


class TemplatePreview(TypedDict):
    """What would be sent."""

    # The language that was chosen
    locale: str
    subject: NotRequired[str]
    message: str
    html: NotRequired[str]
    # What a push message carries beside its texts
    push: NotRequired[Push]
    # Of an SMS; other channels have none
    sms: NotRequired[SmsSegments]
    warnings: list[str]


class SendTest(TypedDict):
    """A notification to make of a version, to see it arrive."""

    recipient: str
    # Without it, the published one, else the newest
    version: NotRequired[int | None]
    locale: NotRequired[str | None]
    # Without it, the recipient's own
    variant: NotRequired[str | None]
    variables: NotRequired[dict[str, Any]]


class VariantResults(TypedDict):
    """What became of the notifications that were made from one variant."""

    variant: str
    weight: int
    accepted: int
    sent: int
    delivered: int
    undelivered: int
    failed: int


class CreateAttachment(TypedDict):
    """A file that is about to be put."""

    # As the recipient sees it; its end fits the content type
    filename: str
    # One of the allowed media types
    contentType: str
    # In bytes
    size: int
    # SHA-256 of the bytes, in hex
    sha256: str


class Upload(TypedDict):
    """The request by which the bytes are put. It needs no API key, and no headers but these and its length."""

    method: Literal["PUT"]
    url: str
    headers: dict[str, str]
    expiresAt: str


class Attachment(TypedDict):
    """A file that emails can carry."""

    id: str
    filename: str
    contentType: str
    size: int
    sha256: str
    # Absent where no scanner is configured
    scanned: NotRequired[Scan]
    createdAt: str
    # Until then, and as long as a notification has it, it is not deleted
    keptUntil: str
    # Shown once, when it is made
    upload: NotRequired[Upload]


class DeadLetterGroup(TypedDict):
    """Dead letters of one day with one cause and one provider (null where none was asked)."""

    day: str
    cause: Cause
    provider: str | None
    count: int


class DeadLetterGroups(TypedDict):
    """A tenant's dead letters, grouped."""

    total: int
    groups: list[DeadLetterGroup]


class DeadLetterPage(TypedDict):
    """Dead letters, the latest failure first. ``nextCursor`` is null on the last page."""

    notifications: list[Notification]
    nextCursor: str | None


class ReplayDeadLetters(TypedDict):
    """Which dead letters to replay: by id, by a filter, or all of them, up to 500 a call."""

    # These and no others
    ids: NotRequired[list[str] | None]
    # All that failed for this
    cause: NotRequired[Cause | None]
    # All that failed at this provider
    provider: NotRequired[str | None]
    # All that failed on this day (UTC)
    day: NotRequired[str | None]
    # Every dead letter
    all: NotRequired[bool]
    # Of a filter, in this call
    limit: NotRequired[int]
    # Only say what would be replayed
    dryRun: NotRequired[bool]
    # Why; goes to the audit trail
    reason: NotRequired[str | None]


class ReplayResult(TypedDict):
    """What became of one of them."""

    id: str
    result: Literal["replayed", "would_replay", "already_replayed", "not_dead", "not_found"]


class Replay(TypedDict):
    """What a replay came to. ``more`` says that the filter matches more than this call took."""

    dryRun: bool
    replayed: int
    results: list[ReplayResult]
    more: bool


class Suppression(TypedDict):
    """An address on the suppression list, and why it is there."""

    id: str
    type: Channel
    recipient: str
    reason: SuppressionReason
    notificationId: str | None
    # Of unsubscribed: only what is in this category is kept away
    category: str | None
    createdAt: str


class SuppressionPage(TypedDict):
    """A page of the suppression list. ``nextCursor`` is null on the last page."""

    suppressions: list[Suppression]
    nextCursor: str | None


class AddSuppression(TypedDict):
    """An address that none of your notifications must go to any more."""

    type: Channel
    recipient: str


class Sender(TypedDict):
    """A sender of messages of one channel."""

    id: str
    type: Channel
    address: str
    name: str | None
    replyTo: str | None
    # Those that carry its messages; none: all of the channel
    providers: list[str]
    # Whether it is the one of notifications that name no sender
    isDefault: bool


class PutSender(TypedDict):
    """A sender as it is to be."""

    # Without it, the key's own
    tenantId: NotRequired[str | None]
    # Channel
    type: Channel
    # Email address; of SMS a number, short code or sender id; of PUSH the app's bundle id
    address: str
    # Of EMAIL, shown beside the address
    name: NotRequired[str | None]
    # Of EMAIL: where answers go
    replyTo: NotRequired[str | None]
    # Those that may carry its messages; none: all of the channel
    providers: NotRequired[list[str]]
    # Whether it is the one of notifications that name no sender
    isDefault: NotRequired[bool]


class Category(TypedDict):
    """A kind of messages."""

    id: str
    name: str
    # Whether recipients cannot leave it
    transactional: bool


class Preference(TypedDict):
    """A category, and whether a recipient gets it."""

    id: str
    name: str
    # Whether recipients cannot leave it
    transactional: bool
    subscribed: bool


class Preferences(TypedDict):
    """The categories that a recipient gets, and those that it has left."""

    type: Channel
    recipient: str
    categories: list[Preference]


class ChoosePreferences(TypedDict):
    """The categories that a recipient is to get, or not to get."""

    # Channel
    type: Channel
    recipient: str
    # By id, true to get it and false to leave it; others stay as they are
    categories: dict[str, bool]


class PutCategory(TypedDict):
    """A category as it is to be."""

    # Shown to those who leave it
    name: str
    # Whether recipients must get it: receipts, alerts, one-time codes
    transactional: bool


class Endpoint(TypedDict):
    """An endpoint. Its secret is shown once, when it is made or rotated; values of its headers never are."""

    id: str
    url: str
    types: list[EventType]
    description: str | None
    # The names of the headers that are added
    headers: list[str]
    metadata: bool
    enabled: bool
    disabledReason: DisabledReason | None
    # The first failure after its last success
    failingSince: str | None
    # Until when the secret before signs as well
    oldSecretUntil: str | None
    # Whether a recovery is under way
    recovering: bool
    createdAt: str
    updatedAt: str
    # Shown this once
    secret: NotRequired[str]


class CreateEndpoint(TypedDict):
    """A new endpoint."""

    # Where events go, by POST: https, on port 443 or 8443
    url: str
    types: list[EventType]
    description: NotRequired[str | None]
    headers: NotRequired[dict[str, str] | None]
    # Whether events carry the metadata of their notifications as well
    metadata: NotRequired[bool]


class ChangeEndpoint(TypedDict):
    """What is to be changed of an endpoint; what is left out stays as it is. A description of null is removed."""

    url: NotRequired[str | None]
    types: NotRequired[list[EventType] | None]
    description: NotRequired[str | None]
    headers: NotRequired[dict[str, str] | None]
    metadata: NotRequired[bool | None]
    # Whether it gets anything
    enabled: NotRequired[bool | None]


class SentTest(TypedDict):
    """An event that was sent to an endpoint alone."""

    eventId: str


class RecoverEndpoint(TypedDict):
    """A recovery: everything that failed or was missed since a time is delivered."""

    # Within the last 14 days
    since: datetime | str
    # Whether to count only
    dryRun: NotRequired[bool]


class StartedRecovery(TypedDict):
    """A recovery."""

    # The events that it delivers, of the first 10,000 since then
    missed: int
    started: bool


class WebhookAttempt(TypedDict):
    """One call of an endpoint."""

    at: str
    durationMs: int
    # Of the answer; null if there was none
    status: int | None
    # Its first 1,024 bytes
    answer: str | None
    # Why there was no answer
    error: str | None


class WebhookDelivery(TypedDict):
    """An event on its way to an endpoint, with its latest attempts."""

    eventId: str
    eventType: EventType
    status: DeliveryStatus
    attemptCount: int
    attempts: list[WebhookAttempt]
    createdAt: str
    nextAttemptAt: str | None


class WebhookDeliveryPage(TypedDict):
    """A page of deliveries, newest first. ``nextCursor`` is null on the last page."""

    deliveries: list[WebhookDelivery]
    nextCursor: str | None


class ShownWebhookDelivery(TypedDict):
    """A delivery with what was sent."""

    eventId: str
    eventType: EventType
    status: DeliveryStatus
    attemptCount: int
    attempts: list[WebhookAttempt]
    createdAt: str
    nextAttemptAt: str | None
    # The body, without the metadata of the notification; null if the event is no longer kept
    payload: str | None


class Event(TypedDict):
    """An event. What ``data`` has depends on its type; endpoints get the same."""

    id: str
    type: EventType
    timestamp: str
    # Ids and facts, never a recipient or a text
    data: dict[str, Any]
    # Go on after this event with it
    cursor: str


class EventPage(TypedDict):
    """Events in the order of the feed. ``nextCursor`` is always there: go on with it, later if there was nothing."""

    events: list[Event]
    nextCursor: str


class Statistics(TypedDict):
    """Sums over all notifications of the tenant. ``queueDepth`` is null while the broker does not answer."""

    total: int
    byStatus: dict[str, int]
    byType: dict[str, int]
    byPriority: dict[str, int]
    queueDepth: dict[str, int] | None
    # Milliseconds
    averageProcessingTime: int
    # Percent of all that were accepted
    successRate: float


class MinuteCounts(TypedDict):
    """What happened in one minute."""

    minute: str
    accepted: int
    sent: int
    failed: int
    retried: int
    delivered: int
    undelivered: int
    cancelled: int
    expired: int


class Percentiles(TypedDict):
    """Milliseconds that so many percent stayed within; null where nothing was sent."""

    p50: int | None
    p95: int | None
    p99: int | None


class RecentMinutes(TypedDict):
    """What happened minute by minute. ``degradationLevel`` is 1 (normal) to 4 (only CRITICAL is accepted)."""

    minutes: list[MinuteCounts]
    processingTimeMs: Percentiles
    degradationLevel: int


class Policy(TypedDict):
    """A tenant's policy."""

    onUnknown: OnUnknown
    # Where WaveCom itself writes to
    contact: str | None


class SetPolicy(TypedDict):
    """What holds for all notifications of the tenant that do not say otherwise, and whom WaveCom writes to."""

    onUnknown: OnUnknown
    # An address of email, to which WaveCom writes when it has disabled an endpoint of webhooks; null for
    # none. Left out, the present one stays.
    contact: NotRequired[str | None]


class ApiKey(TypedDict):
    """An API key, without its secret."""

    id: str
    tenantId: str
    name: str
    role: Role
    rateLimit: int | None
    test: bool
    createdAt: str
    revokedAt: str | None


class CreateKey(TypedDict):
    """An API key to make."""

    tenantId: str
    # What the key is for
    name: str
    role: NotRequired[Role]
    # Requests a minute
    rateLimit: NotRequired[int | None]
    # Open the tenant's test world, served by simulators
    test: NotRequired[bool]


class NewApiKey(TypedDict):
    """A new API key with its token, which is told only once."""

    id: str
    tenantId: str
    name: str
    role: Role
    rateLimit: int | None
    test: bool
    createdAt: str
    revokedAt: str | None
    token: str


class LedgerLine(TypedDict):
    """Of what was accepted in one minute (or ever), what became of it."""

    minute: str | None
    accepted: int
    sent: int
    failed: int
    cancelled: int
    expired: int
    inFlight: int
    # accepted = sent + failed + cancelled + expired + inFlight
    balanced: bool


class Ledger(TypedDict):
    """The ledger by minute of acceptance, and of all time."""

    minutes: list[LedgerLine]
    total: LedgerLine


class BrokenLink(TypedDict):
    """The first audit entry that is not what it was when it was written."""

    notificationId: str
    sequence: int
    problem: str


class Verification(TypedDict):
    """How much was verified. ``nextCursor`` is null at the end of the period."""

    notifications: int
    entries: int
    broken: BrokenLink | None
    nextCursor: str | None


class WeightChange(TypedDict):
    """From when on a provider has which part of its configured weight, and why."""

    factor: float
    reason: str
    at: str


class Provider(TypedDict):
    """A provider as it is now; its outcomes are those of the last five minutes, over all tenants."""

    name: str
    type: Channel
    weight: float
    effectiveWeight: float
    perSecond: float | None
    breaker: Literal["closed", "open", "half-open"]
    breakerOpenedAt: str | None
    outcomes: dict[str, int]
    # Percent
    failureRate: float
    averageMs: int
    # Whether it still sends to verified recipients only; null where it has no sandbox
    inSandbox: bool | None
    weightChanges: list[WeightChange]


class Health(TypedDict):
    """Which dependencies answer. ``uptime`` is this process's, in seconds."""

    status: Literal["healthy", "unhealthy"]
    timestamp: str
    services: dict[str, Literal["connected", "disconnected"]]
    uptime: int
