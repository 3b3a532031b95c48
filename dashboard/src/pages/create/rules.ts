import { z } from 'zod';
import { CHANNELS, namesOf, ON_UNKNOWN, PRIORITIES } from '@/lib/vocabulary';
import { fromLocalInput } from '@/lib/local-moment';

export const SUBJECT_MAX = 998;
export const MESSAGE_MAX = 5000;
const METADATA_MAX_BYTES = 8 * 1024;
const METADATA_MAX_DEPTH = 5;
const DAY_MS = 24 * 60 * 60 * 1000;
const AHEAD_MS = 365 * DAY_MS;
const CLOCK_DIFFERENCE_MS = 60_000;

/** How many characters the API counts: code points, where JavaScript's length counts UTF-16 units. */
export const length = (text: string): number => Array.from(text).length;

/**
 * The form, by the rules of the API's `CreateNotification`, so that errors show while one types. The API has the last
 * word: it knows more of phone numbers and domains than stands here.
 */
export const rules = z
  .object({
    type: z.enum(namesOf(CHANNELS)),
    recipient: z.string().trim().min(1, 'is required'),
    subject: z
      .string()
      .refine((text) => length(text) <= SUBJECT_MAX, `must have ${SUBJECT_MAX} characters at the most`),
    message: z
      .string()
      .min(1, 'is required')
      .refine((text) => length(text) <= MESSAGE_MAX, `must have ${MESSAGE_MAX} characters at the most`),
    priority: z.enum(namesOf(PRIORITIES)),
    scheduledAt: z.string(),
    expiresAt: z.string(),
    maxRetries: z.number(),
    onUnknown: z.enum(['', ...namesOf(ON_UNKNOWN)]),
    metadata: z.string().transform((text, context) => {
      if (text.trim() === '') return null;
      const problem = problemOfMetadata(text);
      if (problem === null) return JSON.parse(text) as Record<string, unknown>;
      context.addIssue({ code: 'custom', message: problem });
      return z.NEVER;
    }),
  })
  .superRefine((form, context) => {
    const refuse = (path: string, message: string) => {
      context.addIssue({ code: 'custom', path: [path], message });
    };
    const recipient = problemOfRecipient(form.type, form.recipient);
    if (recipient !== null) refuse('recipient', recipient);
    if (form.type === 'EMAIL' && form.subject.trim() === '') refuse('subject', 'is required for an email');
    const [scheduled, expires, now] = [momentOf(form.scheduledAt), momentOf(form.expiresAt), Date.now()];
    if (scheduled !== null && (scheduled < now - CLOCK_DIFFERENCE_MS || scheduled > now + AHEAD_MS)) {
      refuse('scheduledAt', 'must be in the future, a year ahead at the most');
    }
    if (expires !== null && (expires <= now || expires > now + 2 * AHEAD_MS)) {
      refuse('expiresAt', 'must be in the future, two years ahead at the most');
    } else if (expires !== null && scheduled !== null && expires <= scheduled) {
      refuse('expiresAt', 'must be after the moment it is scheduled for');
    }
  });

export type FormInput = z.input<typeof rules>;
export type FormOutput = z.output<typeof rules>;

export const EMPTY: FormInput = {
  type: 'EMAIL',
  recipient: '',
  subject: '',
  message: '',
  priority: 'MEDIUM',
  scheduledAt: '',
  expiresAt: '',
  maxRetries: 3,
  onUnknown: '',
  metadata: '',
};

function momentOf(text: string): number | null {
  return text === '' ? null : Date.parse(fromLocalInput(text));
}

const EMAIL = /^[^\s@]{1,64}@[^\s@.]+(\.[^\s@.]+)+$/;
/** E.164: a plus sign, a country code that does not begin with 0, at most 15 digits (ITU-T E.164, section 6). */
const PHONE = /^\+[1-9]\d{6,14}$/;
const PHONE_FILLING = /[\s().-]/g;
/** The API's own patterns of APNs device tokens and FCM registration tokens. */
const TOKEN = /^((?:[0-9a-fA-F]{2}){32,100}|[A-Za-z0-9_-]+:[A-Za-z0-9_-]{100,})$/;

function problemOfRecipient(type: FormInput['type'], text: string): string | null {
  if (text === '') return null; // said already
  if (type === 'EMAIL') return EMAIL.test(text) ? null : 'must be an email address, such as name@example.com';
  if (type === 'SMS') {
    return PHONE.test(text.replace(PHONE_FILLING, ''))
      ? null
      : 'must be a phone number with its country code, such as +49 30 901820';
  }
  return TOKEN.test(text) ? null : 'must be an FCM registration token or an APNs device token';
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
