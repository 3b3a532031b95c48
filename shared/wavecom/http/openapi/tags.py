"""The groups of operations in the OpenAPI document, in the order in which a new user reads them."""

NOTIFICATIONS = "Notifications"
TEMPLATES = "Templates"
ATTACHMENTS = "Attachments"
DEAD_LETTERS = "Dead letters"
SUPPRESSIONS = "Suppressions"
SENDERS = "Senders"
PREFERENCES = "Preferences"
WEBHOOKS = "Webhooks"
EVENTS = "Events"
STATISTICS = "Statistics"
POLICY = "Policy"
KEYS = "Keys"
OPERATION = "Operation"
SERVICE = "Service"

DESCRIPTIONS = {
    NOTIFICATIONS: "Create notifications, one or up to 500 at once, see what became of them, cancel and retry them.",
    TEMPLATES: "Texts that notifications are made from: numbered versions, in every language, checked before use.",
    ATTACHMENTS: "Files that emails carry: put once, and used by any number of notifications.",
    DEAD_LETTERS: "Notifications that failed: why they did, and back into their lanes.",
    SUPPRESSIONS: "Addresses that nothing goes to: after hard bounces and complaints, or because you say so.",
    SENDERS: "Who your notifications come from: addresses of email, numbers of SMS, and apps of push messages.",
    PREFERENCES: "The kinds of your messages, and which of them a recipient wants.",
    WEBHOOKS: "Your systems are told what became of your notifications: endpoints, deliveries, signatures.",
    EVENTS: "The same to be read, in an order that never changes.",
    STATISTICS: "How many notifications there are, and what happened in the last hour.",
    POLICY: "What holds for notifications that do not say otherwise.",
    KEYS: "API keys of all tenants, for an operator's key.",
    OPERATION: "For those who run WaveCom: the ledger, the audit trail, providers and metrics.",
    SERVICE: "Whether the service answers.",
}
