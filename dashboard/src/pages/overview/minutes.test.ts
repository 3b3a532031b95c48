import { expect, it } from 'vitest';
import { lastHour } from './minutes';

const quiet = { accepted: 0, delivered: 0, undelivered: 0, cancelled: 0, expired: 0 };

it('has sixty minutes up to now, and zeros where the API has no minute', () => {
  const rows = lastHour(
    [
      { minute: '2026-11-24T11:59:00.000Z', sent: 7, failed: 1, retried: 2, ...quiet },
      { minute: '2026-11-24T10:00:00.000Z', sent: 99, failed: 0, retried: 0, ...quiet },
    ],
    Date.parse('2026-11-24T12:00:31Z'),
  );

  expect(rows).toHaveLength(60);
  expect(rows.at(-1)).toEqual({ minute: Date.parse('2026-11-24T12:00:00Z'), sent: 0, retried: 0, failed: 0 });
  expect(rows.at(-2)).toMatchObject({ sent: 7, retried: 2, failed: 1 });
  expect(rows.reduce((sum, row) => sum + row.sent, 0)).toBe(7);
});
