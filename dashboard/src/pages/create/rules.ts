import { z } from 'zod';
import { CHANNELS, namesOf, ON_UNKNOWN, PRIORITIES } from '@/lib/vocabulary';
import { fromLocalInput } from '@/lib/local-moment';

// Zod would compile its checks, which the page's policy forbids as it forbids eval.
z.config({ jitless: true });

export const SUBJECT_MAX = 998;
export const MESSAGE_MAX = 5000;
const PUSH_MAX_BYTES = 4096;
const METADATA_MAX_BYTES = 8 * 1024;
const METADATA_MAX_DEPTH = 5;
const DAY_MS = 24 * 60 * 60 * 1000;
const AHEAD_MS = 365 * DAY_MS;
const CLOCK_DIFFERENCE_MS = 60_000;

/** The number of characters as the API counts them: code points, whereas JavaScript's length counts UTF-16 units. */
export const length = (text: string): number => Array.from(text).length;

/**
 * The form, by the rules of the API's `CreateNotification`, so that errors show during typing. The API
 * decides: it has more rules for phone numbers and domains. All rules are in the refinement, since Zod begins
 * one only once every field is right by itself.
 */
export const rules = z
  .object({
    type: z.enum(namesOf(CHANNELS)),
    recipient: z.string().trim(),
    /** An id, or empty: whichever the API chooses. */
    sender: z.string(),
    subject: z.string(),
    message: z.string(),
    priority: z.enum(namesOf(PRIORITIES)),
    scheduledAt: z.string(),
    expiresAt: z.string(),
    maxRetries: z.number(),
    onUnknown: z.enum(['', ...namesOf(ON_UNKNOWN)]),
    metadata: z.string(),
  })
  .superRefine((form, context) => {
    for (const [name, message] of Object.entries(problemsOf(form, Date.now()))) {
      if (message !== null) context.addIssue({ code: 'custom', path: [name], message });
    }
  });

export type Form = z.infer<typeof rules>;

export const EMPTY: Form = {
  type: 'EMAIL',
  recipient: '',
  sender: '',
  subject: '',
  message: '',
  priority: 'MEDIUM',
  scheduledAt: '',
  expiresAt: '',
  maxRetries: 3,
  onUnknown: '',
  metadata: '',
};

/** The error of each field; null if there is none. */
function problemsOf(form: Form, now: number): Partial<Record<keyof Form, string | null>> {
  const scheduled = momentOf(form.scheduledAt);
  return {
    recipient: problemOfRecipient(form.type, form.recipient),
    subject: problemOfSubject(form.type, form.subject),
    message: problemOfMessage(form),
    scheduledAt: problemOfSchedule(scheduled, now),
    expiresAt: problemOfExpiry(momentOf(form.expiresAt), scheduled, now),
    metadata: form.metadata.trim() === '' ? null : problemOfMetadata(form.metadata),
  };
}

const REQUIRED = 'is required';

/** Characters that break a line or a header; every other one belongs to some language. */
const BREAKS_A_LINE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;
const VISIBLE = /[^\s\p{Cc}\p{Cf}]/u;
/** Characters that no text of the API may have: NUL, and unpaired surrogates. */
const UNSTORABLE = /\0|\p{Cs}/u;

function problemOfSubject(type: Form['type'], text: string): string | null {
  if (type === 'EMAIL' && !VISIBLE.test(text)) return 'is required for an email';
  if (BREAKS_A_LINE.test(text)) return 'must be one line without control characters';
  return problemOfLength(text, SUBJECT_MAX);
}

/** The most segments of an SMS; the API's own setting decides. */
function problemOfMessage({ type, recipient, subject, message }: Form): string | null {
  if (message === '') return REQUIRED;
  if (!VISIBLE.test(message)) return 'must have text that can be seen';
  if (UNSTORABLE.test(message)) return 'must not contain NUL characters or unpaired surrogates';
  if (type === 'PUSH' && pushBytes(recipient, subject, message) > PUSH_MAX_BYTES)
    return `makes a push message that is too large: ${PUSH_MAX_BYTES} bytes, with its subject, are the most`;
  return problemOfLength(message, MESSAGE_MAX);
}

/** The size of what APNs or FCM would get, as the API counts it; the id of a notification has 24 digits. */
function pushBytes(recipient: string, subject: string, message: string): number {
  const texts = subject.trim() === '' ? { body: message } : { body: message, title: subject };
  const notificationId = '0'.repeat(24);
  const payload = APNS_TOKEN.test(recipient)
    ? { aps: { alert: texts }, notificationId }
    : { notification: texts, data: { notificationId } };
  return new TextEncoder().encode(JSON.stringify(payload)).length;
}

function problemOfLength(text: string, max: number): string | null {
  return length(text) <= max ? null : `must have ${max} characters at the most`;
}

function momentOf(text: string): number | null {
  return text === '' ? null : Date.parse(fromLocalInput(text));
}

function problemOfSchedule(scheduled: number | null, now: number): string | null {
  if (scheduled === null || (scheduled >= now - CLOCK_DIFFERENCE_MS && scheduled <= now + AHEAD_MS))
    return null;
  return 'must be in the future, a year ahead at the most';
}

function problemOfExpiry(expires: number | null, scheduled: number | null, now: number): string | null {
  if (expires === null) return null;
  if (expires <= now || expires > now + 2 * AHEAD_MS)
    return 'must be in the future, two years ahead at the most';
  return scheduled !== null && expires <= scheduled ? 'must be after the moment it is scheduled for' : null;
}

const EMAIL = /^[^\s@"]{1,64}@[^\s@.]+(\.[^\s@.]+)+$/;
/** E.164: a plus sign, a country code that does not begin with 0, at most 15 digits (ITU-T E.164, section 6). */
const PHONE = /^\+[1-9]\d{6,14}$/;
/** Separators of the digits, after the plus: no letters, and only plain spaces. */
const PHONE_FILLING = /(?!^)[ ().-]/g;
/** The API's own patterns of APNs device tokens and FCM registration tokens. */
const APNS_TOKEN = /^(?:[0-9a-fA-F]{2}){32,100}$/;
const FCM_TOKEN = /^[A-Za-z0-9_-]+:[A-Za-z0-9_-]{100,}$/;

function problemOfRecipient(type: Form['type'], text: string): string | null {
  if (text === '') return REQUIRED;
  if (type === 'EMAIL') return EMAIL.test(text) ? null : 'must be an email address, such as name@example.com';
  if (type === 'SMS') {
    return PHONE.test(text.replace(PHONE_FILLING, ''))
      ? null
      : 'must be a phone number with its country code, such as +49 30 901820';
  }
  return APNS_TOKEN.test(text) || FCM_TOKEN.test(text)
    ? null
    : 'must be an FCM registration token or an APNs device token';
}

function problemOfMetadata(text: string): string | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'must be JSON, such as {"orderId": "A-17"}';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'must be a JSON object: {…}';
  if (new TextEncoder().encode(JSON.stringify(value)).length > METADATA_MAX_BYTES)
    return 'must not be larger than 8 KB';
  return problemOfNesting(value, 1);
}

function problemOfNesting(value: unknown, depth: number): string | null {
  if (typeof value !== 'object' || value === null) return null;
  if (depth > METADATA_MAX_DEPTH) return `must not be nested deeper than ${METADATA_MAX_DEPTH} levels`;
  const wrong = (key: string) => key === '' || key.startsWith('$') || key.includes('.');
  if (!Array.isArray(value) && Object.keys(value).some(wrong)) {
    return 'has a key that is empty, starts with $ or contains a dot';
  }
  for (const each of Object.values(value)) {
    const problem = problemOfNesting(each, depth + 1);
    if (problem !== null) return problem;
  }
  return null;
}
