import type { Channel } from '@/api/types';

export const PART_NAMES = [
  'subject',
  'text',
  'html',
  'mjml',
  'link',
  'image',
  'sound',
  'badge',
  'collapseKey',
] as const;
export type Part = (typeof PART_NAMES)[number];

/** Parts of markup, one of which an email may have. */
export const MARKUP: readonly Part[] = ['html', 'mjml'];

/** The parts of a channel's templates, in the order in which they are written. */
export const PARTS: Record<Channel, readonly { part: Part; label: string; rows: number }[]> = {
  EMAIL: [
    { part: 'subject', label: 'Subject', rows: 1 },
    { part: 'text', label: 'Text (made of the HTML or MJML if left out)', rows: 8 },
    { part: 'html', label: 'HTML (optional)', rows: 10 },
    { part: 'mjml', label: 'MJML (in place of HTML)', rows: 10 },
  ],
  SMS: [{ part: 'text', label: 'Text', rows: 4 }],
  PUSH: [
    { part: 'subject', label: 'Title (optional)', rows: 1 },
    { part: 'text', label: 'Text', rows: 4 },
    { part: 'link', label: 'Link that a tap opens (optional)', rows: 1 },
    { part: 'image', label: 'Address of a picture (optional)', rows: 1 },
    { part: 'sound', label: 'Sound (optional)', rows: 1 },
    { part: 'badge', label: 'Badge (optional)', rows: 1 },
    { part: 'collapseKey', label: 'Collapse key (optional)', rows: 1 },
  ],
};

/** The parts to write: of HTML and MJML only the one that is written, if one is. */
export function partsOf(channel: Channel, written: Partial<Record<Part, string>>) {
  const isWritten = (part: Part) => (written[part] ?? '') !== '';
  return PARTS[channel].filter(
    ({ part }) => !MARKUP.includes(part) || isWritten(part) || !MARKUP.some(isWritten),
  );
}
