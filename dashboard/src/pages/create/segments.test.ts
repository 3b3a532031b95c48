import { expect, it } from 'vitest';
import { segmentsOf } from './segments';

it.each([
  ['', 'GSM-7', 1],
  ['a'.repeat(160), 'GSM-7', 1],
  ['a'.repeat(161), 'GSM-7', 2],
  ['a'.repeat(306), 'GSM-7', 2],
  ['a'.repeat(307), 'GSM-7', 3],
  ['€'.repeat(80), 'GSM-7', 1],
  ['€'.repeat(81), 'GSM-7', 2],
  [`${'a'.repeat(152)}€${'a'.repeat(152)}`, 'GSM-7', 3],
  ['я'.repeat(70), 'UCS-2', 1],
  ['я'.repeat(71), 'UCS-2', 2],
  ['я'.repeat(135), 'UCS-2', 3],
  ['😀'.repeat(36), 'UCS-2', 2],
  [`${'я'.repeat(66)}😀${'я'.repeat(66)}`, 'UCS-2', 3],
  ['ç', 'UCS-2', 1],
])('counts segments as the API does, case %#', (text, encoding, count) => {
  expect(segmentsOf(text)).toEqual({ encoding, count });
});
