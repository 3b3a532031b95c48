import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import { fakeApi, ok, refused, type Call } from '@/testing/api';
import { renderAt } from '@/testing/render';
import { aVersion, fill, SHOWN, summary } from '@/testing/templates';
import { TemplatePage } from './template-page';

const { locales } = aVersion(2);
const SHORT = { en: { subject: 'Paid', text: 'Hi {{ name }}', data: { account: '7' } } };
const VARIANTS = { plain: { weight: 3, locales }, short: { weight: 1, locales: SHORT } };
const COMPARED = {
  ...SHOWN,
  'GET /api/templates/paid/versions/2': () => ok({ ...aVersion(2), variants: VARIANTS }),
  'GET /api/templates/paid/versions': () =>
    ok({ versions: [{ ...summary(2), variantNames: ['plain', 'short'] }, summary(1)], nextCursor: null }),
  'GET /api/templates/paid/versions/3': () => ok(aVersion(3)),
};
const SAVED = { 'POST /api/templates/paid/versions': () => ok(aVersion(3), 201) };

const open = () => renderAt('/templates/paid', '/templates/:id', <TemplatePage />);
const saved = (calls: Call[]) =>
  calls.find(({ method, path }) => method === 'POST' && path.endsWith('/versions'))?.body;
const previewed = (calls: Call[]) => calls.filter(({ path }) => path.endsWith('/preview')).at(-1)?.body;

it('says what became of the texts that a version compares', async () => {
  const counts = { accepted: 1741, sent: 1740, delivered: 733, undelivered: 1, failed: 0 };
  fakeApi({
    ...COMPARED,
    'GET /api/templates/paid/versions/2/results': () => ok([{ variant: 'plain', weight: 3, ...counts }]),
  });
  const user = userEvent.setup();
  open();

  expect(await screen.findByText(/compares plain, short/)).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'Results of version 1' })).not.toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Results of version 2' }));

  expect(await screen.findByRole('row', { name: 'plain 3 1,741 1,740 733 1 0' })).toBeInTheDocument();
});

it('saves a version that compares texts as it was, but for what is changed', async () => {
  const calls = fakeApi({ ...COMPARED, ...SAVED });
  const user = userEvent.setup();
  open();

  await user.selectOptions(await screen.findByLabelText('Variant'), 'short, 25 %');
  await fill(user, screen.getByLabelText(/^Text/), '!');
  await user.click(screen.getByRole('button', { name: 'Save as version 3' }));

  await waitFor(() => {
    expect(saved(calls)).toEqual({
      defaultLocale: 'en',
      variants: {
        ...VARIANTS,
        short: { weight: 1, locales: { en: { ...SHORT.en, text: 'Hi {{ name }}!' } } },
      },
    });
  });
});

it('adds a variant as a copy, with a name and a weight of its own, and shows it', async () => {
  const calls = fakeApi({ ...SHOWN, ...SAVED, 'GET /api/templates/paid/versions/3': () => ok(aVersion(3)) });
  const user = userEvent.setup();
  open();

  await user.click(await screen.findByRole('button', { name: 'Add a variant' }));
  expect(screen.getByLabelText('Variant')).toHaveDisplayValue('b, 50 %');
  expect(screen.getByLabelText('Name')).toHaveFocus();
  await user.clear(screen.getByLabelText('Name'));
  await fill(user, screen.getByLabelText('Name'), 'short');
  await user.clear(screen.getByLabelText('Weight'));
  await fill(user, screen.getByLabelText('Weight'), '3');
  expect(screen.getByLabelText('Weight')).toHaveAccessibleDescription('75 % of the recipients');
  await user.clear(screen.getByLabelText(/^Text/));
  await fill(user, screen.getByLabelText(/^Text/), 'Hi Ada');
  await waitFor(() => {
    expect(previewed(calls)).toMatchObject({ source: { subject: 'Paid', text: 'Hi Ada' } });
  });
  await user.click(screen.getByRole('button', { name: 'Save as version 3' }));

  await waitFor(() => {
    expect(saved(calls)).toEqual({
      defaultLocale: 'en',
      variants: {
        a: { weight: 1, locales },
        short: { weight: 3, locales: { en: { subject: 'Paid', text: 'Hi Ada' } } },
      },
    });
  });
});

it('is a plain version again without its other variant', async () => {
  const calls = fakeApi({ ...COMPARED, ...SAVED });
  const user = userEvent.setup();
  open();

  await user.click(await screen.findByRole('button', { name: 'Remove plain' }));
  expect(screen.queryByLabelText('Variant')).not.toBeInTheDocument();
  expect(screen.getByRole('button', { name: 'Add a variant' })).toHaveFocus();
  await user.click(screen.getByRole('button', { name: 'Save as version 3' }));

  await waitFor(() => {
    expect(saved(calls)).toEqual({ defaultLocale: 'en', locales: SHORT });
  });
});

it('has four variants at the most, and says so', async () => {
  fakeApi(COMPARED);
  const user = userEvent.setup();
  open();

  await user.click(await screen.findByRole('button', { name: 'Add a variant' }));
  await user.click(screen.getByRole('button', { name: 'Add a variant' }));

  expect(screen.getByRole('button', { name: 'Four variants are the most' })).toBeDisabled();
});

it('asks the API for nothing while a name or a weight is wrong, and leads to it', async () => {
  const calls = fakeApi({ ...COMPARED, ...SAVED });
  const user = userEvent.setup();
  open();

  await user.clear(await screen.findByLabelText('Name'));
  await fill(user, screen.getByLabelText('Name'), 'short');
  await user.selectOptions(screen.getByLabelText('Variant'), '1');
  await user.click(screen.getByRole('button', { name: 'Save as version 3' }));

  expect(screen.getByLabelText('Name')).toHaveFocus();
  expect(screen.getByLabelText('Name')).toHaveAccessibleDescription('is taken by another variant');
  expect(saved(calls)).toBeUndefined();
});

it('leads to what the API found wrong with another variant', async () => {
  fakeApi({
    ...COMPARED,
    'POST /api/templates/paid/versions': () =>
      refused(422, 'VALIDATION_ERROR', [
        { field: 'variants.short.locales.en.text', message: 'line 1: unexpected end' },
        { field: 'variants.short.locales', message: 'must use the variables of the variant plain' },
      ]),
  });
  const user = userEvent.setup();
  open();

  await user.click(await screen.findByRole('button', { name: 'Save as version 3' }));
  expect(await screen.findByText('must use the variables of the variant plain')).toBeInTheDocument();
  expect(screen.getByLabelText(/^Text/)).toBeValid();
  await user.click(screen.getByRole('button', { name: 'Show short, en, text' }));

  expect(screen.getByLabelText(/^Text/)).toHaveFocus();
  expect(screen.getByLabelText(/^Text/)).toHaveValue('Hi {{ name }}');
  expect(screen.getByLabelText(/^Text/)).toHaveAccessibleDescription('line 1: unexpected end');
});

it('sends the variant that is chosen as a test', async () => {
  const calls = fakeApi({
    ...COMPARED,
    'POST /api/templates/paid/test-send': () => ok({ _id: '507f1f77bcf86cd799439011' }, 201),
  });
  const user = userEvent.setup();
  open();

  await user.click(await screen.findByRole('button', { name: 'Test version 2' }));
  await fill(user, screen.getByLabelText('Email address'), 'ada@example.com');
  await user.selectOptions(screen.getByLabelText('Variant of the test'), 'short');
  await user.click(screen.getByRole('button', { name: 'Send it' }));

  await screen.findByText('Now at /status/507f1f77bcf86cd799439011');
  expect(calls.find(({ path }) => path.endsWith('/test-send'))?.body).toMatchObject({ variant: 'short' });
});
