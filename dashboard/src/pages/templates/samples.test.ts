import { expect, it } from 'vitest';
import { samplesOf, variablesOf } from './samples';

it('reads variables from an object only', () => {
  expect(variablesOf('{"name": "Ada"}')).toEqual({ name: 'Ada' });
  for (const text of ['', '{', '[]', 'null', '3']) expect(variablesOf(text)).toBeNull();
});

it('offers a value for each variable that fits what is done with it', () => {
  const texts =
    "{{ name }} {{ amount|money('EUR') }} {{ due | date('long') }} {{ link|url }} {% for row in rows %}{% endfor %}";

  expect(samplesOf(['amount', 'due', 'link', 'name', 'rows'], texts)).toEqual({
    amount: 1250.5,
    due: '2026-01-31T09:30:00Z',
    link: 'https://example.com',
    name: 'name',
    rows: ['one', 'two'],
  });
});
