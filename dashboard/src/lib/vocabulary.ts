import type {
  Cause,
  Channel,
  DeliveryStatus,
  DisabledReason,
  EventType,
  OnUnknown,
  Outcome,
  Priority,
  ReplayResult,
  Status,
} from '@/api/types';

export type Tone = 'good' | 'warn' | 'bad' | 'active' | 'neutral';

export const STATUSES: Record<Status, { label: string; tone: Tone; meaning: string }> = {
  PENDING: {
    label: 'Pending',
    tone: 'neutral',
    meaning: 'Stored; not in a queue yet, or scheduled for later',
  },
  QUEUED: { label: 'Queued', tone: 'active', meaning: 'In its lane, waiting for a consumer' },
  PROCESSING: { label: 'Processing', tone: 'active', meaning: 'A consumer has claimed it and is sending it' },
  SENT: { label: 'Sent', tone: 'good', meaning: 'A provider has accepted it' },
  RETRYING: {
    label: 'Retrying',
    tone: 'warn',
    meaning: 'An attempt did not succeed; the next one is planned',
  },
  FAILED: {
    label: 'Failed',
    tone: 'bad',
    meaning: 'A dead letter: nothing more happens until it is sent again',
  },
  CANCELLED: { label: 'Cancelled', tone: 'neutral', meaning: 'Cancelled before it was sent' },
  EXPIRED: { label: 'Expired', tone: 'neutral', meaning: 'Its deadline passed before it could be sent' },
  DELIVERED: { label: 'Delivered', tone: 'good', meaning: 'The provider reports its delivery' },
  UNDELIVERED: {
    label: 'Undelivered',
    tone: 'bad',
    meaning: 'Sent, but the provider reports that it did not arrive',
  },
};

export const CHANNELS: Record<Channel, { label: string; recipient: string }> = {
  EMAIL: { label: 'Email', recipient: 'Email address' },
  SMS: { label: 'SMS', recipient: 'Phone number' },
  PUSH: { label: 'Push', recipient: 'Device token' },
};

export const PRIORITIES: Record<Priority, { label: string; lane: string; meaning: string }> = {
  CRITICAL: {
    label: 'Critical',
    lane: 'high_priority',
    meaning: 'High-priority lane, target: 5 s. Accepted even under extreme load.',
  },
  HIGH: { label: 'High', lane: 'high_priority', meaning: 'High-priority lane, target: 5 s.' },
  MEDIUM: { label: 'Medium', lane: 'notifications', meaning: 'Standard lane, target: 30 s.' },
  LOW: { label: 'Low', lane: 'notifications', meaning: 'Standard lane, target: 30 s.' },
};

export const CAUSES: Record<Cause, { label: string; meaning: string; advice: string }> = {
  permanent: {
    label: 'Refused for good',
    meaning: 'The provider refused it permanently, for example because the address does not exist.',
    advice: 'Correct the recipient or the content first; sending the same again will fail the same way.',
  },
  retries_exhausted: {
    label: 'Retries used up',
    meaning: 'Every attempt was refused for now, until no retry was left.',
    advice: 'Replay them once the provider works again.',
  },
  provider_unavailable: {
    label: 'No provider available',
    meaning: 'No provider accepted it for too long: breakers were open or rate limits reached.',
    advice: 'Check the providers on the overview; replay once one of them accepts messages again.',
  },
  unknown: {
    label: 'Outcome unknown',
    meaning:
      'The request went out and no answer came back, so it may have been sent. It is held for a person to decide.',
    advice: 'Ask the provider first if you can. A replay may send it a second time.',
  },
  suppressed: {
    label: 'Recipient suppressed',
    meaning:
      'The recipient is on the suppression list after a hard bounce, a complaint or by hand. No provider was asked.',
    advice: 'Remove the address from the suppression list first, if that is right; otherwise it fails again.',
  },
  unsubscribed: {
    label: 'Unsubscribed',
    meaning: 'The recipient has left this category of messages. No provider was asked.',
    advice: 'Respect it. Only the recipient should join the category again; then it can be replayed.',
  },
};

export const OUTCOMES: Record<Outcome, { label: string; tone: Tone; meaning: string }> = {
  delivered: { label: 'Accepted', tone: 'good', meaning: 'The provider accepted the message' },
  transient: { label: 'Refused for now', tone: 'warn', meaning: 'Not sent; the same call may succeed later' },
  permanent: {
    label: 'Refused for good',
    tone: 'bad',
    meaning: 'Not sent; the same call will never succeed',
  },
  rate_limited: {
    label: 'Rate limited',
    tone: 'warn',
    meaning: 'Not sent because of a limit; spends no retry',
  },
  unknown: { label: 'No answer', tone: 'warn', meaning: 'It may have been sent' },
};

export const ON_UNKNOWN: Record<OnUnknown, { label: string; meaning: string }> = {
  resend: { label: 'Resend', meaning: 'Rather twice than never: try again, as after a refusal.' },
  hold: { label: 'Hold', meaning: 'Rather never than twice: stop as a dead letter, for a person to decide.' },
};

export const LEVELS: Record<number, { label: string; tone: Tone; meaning: string }> = {
  1: { label: 'Normal', tone: 'good', meaning: 'Everything is accepted and answered.' },
  2: {
    label: 'Elevated',
    tone: 'warn',
    meaning: 'The load is higher than usual; everything is still accepted and answered.',
  },
  3: {
    label: 'High',
    tone: 'bad',
    meaning: 'Lists and statistics are not answered, so that sending goes on.',
  },
  4: { label: 'Extreme', tone: 'bad', meaning: 'Only CRITICAL notifications are accepted.' },
};

export const BREAKERS = {
  closed: { label: 'Closed', tone: 'good', meaning: 'Calls go through' },
  'half-open': { label: 'Half-open', tone: 'warn', meaning: 'One trial call decides whether it closes' },
  open: {
    label: 'Open',
    tone: 'bad',
    meaning: 'No calls: ten failures in a row opened it; a trial follows after 30 s',
  },
} as const satisfies Record<string, { label: string; tone: Tone; meaning: string }>;

/** The queues with the depths above which alarms go off. */
export const QUEUES: readonly { name: string; label: string; alarmAbove: number | null; to?: string }[] = [
  { name: 'high_priority', label: 'High priority', alarmAbove: 10_000 },
  { name: 'notifications', label: 'Standard', alarmAbove: 10_000 },
  { name: 'retry', label: 'Waiting for a retry', alarmAbove: null },
  { name: 'notifications_dlq', label: 'Dead letters', alarmAbove: 100, to: '/dlq' },
];

/** The percentage of failing attempts above which a provider's alarm goes off. */
export const FAILURE_RATE_ALARM = 20;

export const REPLAY_RESULTS: Record<ReplayResult['result'], { label: string; tone: Tone; meaning: string }> =
  {
    replayed: { label: 'Replayed', tone: 'good', meaning: 'Back in its lane' },
    would_replay: {
      label: 'Would be replayed',
      tone: 'active',
      meaning: 'A dead letter; nothing has been done',
    },
    already_replayed: {
      label: 'Replayed already',
      tone: 'neutral',
      meaning: 'By an earlier try of this replay',
    },
    not_dead: { label: 'Not dead any more', tone: 'neutral', meaning: 'Its status has changed meanwhile' },
    not_found: {
      label: 'Not found',
      tone: 'bad',
      meaning: 'It does not exist, or belongs to another tenant',
    },
  };

export const DELIVERY_STATUSES: Record<DeliveryStatus, { label: string; tone: Tone; meaning: string }> = {
  pending: { label: 'Waiting', tone: 'active', meaning: 'An attempt is under way or planned' },
  succeeded: {
    label: 'Succeeded',
    tone: 'good',
    meaning: 'The endpoint answered with a status from 200 to 299',
  },
  failed: { label: 'Failed', tone: 'bad', meaning: 'Every attempt failed; nothing more happens by itself' },
};

export const DISABLED_REASONS: Record<DisabledReason, { label: string; meaning: string }> = {
  byClient: { label: 'Disabled', meaning: 'Disabled by hand.' },
  failing: { label: 'Disabled: failing', meaning: 'Every delivery failed for five days.' },
  gone: { label: 'Disabled: gone', meaning: 'It answered 410, which says that it wants nothing more.' },
};

export const EVENT_TYPES: Record<EventType, { meaning: string }> = {
  'notification.sent': { meaning: 'A provider has accepted it' },
  'notification.delivered': { meaning: 'The provider reports its delivery' },
  'notification.undelivered': { meaning: 'The provider reports that it did not arrive' },
  'notification.failed': { meaning: 'It is a dead letter' },
  'notification.expired': { meaning: 'Its deadline has passed' },
  'notification.cancelled': { meaning: 'It was cancelled before it was sent' },
  'notification.queued': { meaning: 'It is in its lane' },
  'notification.retrying': { meaning: 'An attempt did not succeed; the next one is planned' },
  'suppression.added': { meaning: 'An address was put on the suppression list' },
  'suppression.removed': { meaning: 'An address was taken off the suppression list' },
  'template.published': { meaning: 'A version is used from now on' },
  'endpoint.disabled': { meaning: 'Another endpoint gets nothing any more' },
  'endpoint.test': { meaning: 'A test, which goes to its endpoint alone' },
};

/** The events that an endpoint can choose; a test comes to whoever is tested. */
export const EVENT_GROUPS: readonly { label: string; types: readonly EventType[] }[] = [
  {
    label: 'What became of a notification',
    types: [
      'notification.sent',
      'notification.delivered',
      'notification.undelivered',
      'notification.failed',
      'notification.expired',
      'notification.cancelled',
    ],
  },
  { label: 'On its way', types: ['notification.queued', 'notification.retrying'] },
  { label: 'Suppressions', types: ['suppression.added', 'suppression.removed'] },
  { label: 'Templates and endpoints', types: ['template.published', 'endpoint.disabled'] },
];

/** Seconds before the first, second and third retry. */
export const RETRY_DELAYS_SECONDS = [5, 25, 125] as const;

export const UNFINISHED: readonly Status[] = ['PENDING', 'QUEUED', 'PROCESSING', 'RETRYING'];
export const isUnfinished = (status: Status): boolean => UNFINISHED.includes(status);
export const isCancellable = (status: Status): boolean => isUnfinished(status) && status !== 'PROCESSING';

/** The values of an enumeration in the order in which they are listed above. */
export function namesOf<K extends string>(record: Record<K, unknown>): K[] {
  return Object.keys(record) as K[];
}
