export interface Segments {
  encoding: 'GSM-7' | 'UCS-2';
  count: number;
}

/** The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038, sections 6.2.1 and 6.2.1.1). */
const BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const EXTENSION = new Set('\f^{}\\[~]|€');
const GSM_7 = new Set(Array.from(BASIC).concat(...EXTENSION));

/**
 * The segments that the API counts for a text message: one of 160 septets or 70 UTF-16 units, or several of 153 or 67,
 * between which no escape and no surrogate pair is cut apart.
 */
export function segmentsOf(text: string): Segments {
  const characters = Array.from(text);
  const isGsm = characters.every((each) => GSM_7.has(each));
  const [alone, together] = isGsm ? [160, 153] : [70, 67];
  const widths = characters.map((each) => (isGsm ? (EXTENSION.has(each) ? 2 : 1) : each.length));
  const encoding = isGsm ? 'GSM-7' : 'UCS-2';
  if (widths.reduce((sum, width) => sum + width, 0) <= alone) return { encoding, count: 1 };
  let count = 1;
  let used = 0;
  for (const width of widths) {
    if (used + width > together) {
      count += 1;
      used = 0;
    }
    used += width;
  }
  return { encoding, count };
}
