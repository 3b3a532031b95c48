import { expect, it } from 'vitest';
import { partsOf } from './parts';

const namesOf = (written: Parameters<typeof partsOf>[1]) => partsOf('EMAIL', written).map(({ part }) => part);

it('has HTML and MJML to write while neither is written', () => {
  expect(namesOf({})).toEqual(['subject', 'text', 'html', 'mjml']);
  expect(namesOf({ html: '' })).toEqual(['subject', 'text', 'html', 'mjml']);
});

it('has the one of both that is written', () => {
  expect(namesOf({ html: '<p>x</p>' })).toEqual(['subject', 'text', 'html']);
  expect(namesOf({ mjml: '<mjml/>' })).toEqual(['subject', 'text', 'mjml']);
});

it('has no markup to write for other channels', () => {
  expect(partsOf('SMS', { html: 'x' }).map(({ part }) => part)).toEqual(['text']);
});
