import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import { fakeApi, ok, refused } from '@/testing/api';
import { renderAt } from '@/testing/render';
import { PreferencesPage } from './preferences-page';

const OFFERS = { id: 'offers', name: 'Offers', transactional: false };
const RECEIPTS = { id: 'receipts', name: 'Receipts', transactional: true };

function open() {
  renderAt('/preferences', '/preferences', <PreferencesPage />);
  return userEvent.setup();
}

function preferences(subscribed: boolean) {
  return ok({
    type: 'EMAIL',
    recipient: 'ada@example.com',
    categories: [
      { ...OFFERS, subscribed },
      { ...RECEIPTS, subscribed: true },
    ],
  });
}

it('says what categories are for where there are none, and makes one', async () => {
  const calls = fakeApi({
    'GET /api/categories': (_call, nth) => ok(nth === 1 ? [] : [OFFERS]),
    'PUT /api/categories/offers': () => ok(OFFERS),
  });
  const user = open();

  expect(await screen.findByText('No categories yet')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'New category' }));
  await user.click(screen.getByRole('button', { name: 'Make it' }));
  expect(screen.getByText('must be small letters, digits and hyphens, 40 at the most')).toBeInTheDocument();
  expect(screen.getByText('is required')).toBeInTheDocument();
  await user.type(screen.getByLabelText('Id'), 'offers');
  await user.type(screen.getByLabelText('Name'), 'Offers');
  await user.click(screen.getByRole('button', { name: 'Make it' }));

  expect(await screen.findByText('Can be left')).toBeInTheDocument();
  expect(calls.find(({ method }) => method === 'PUT')?.body).toEqual({
    name: 'Offers',
    transactional: false,
  });
});

it('changes and removes a category, and shows what the API refuses', async () => {
  const calls = fakeApi({
    'GET /api/categories': () => ok([OFFERS, RECEIPTS]),
    'PUT /api/categories/offers': () => refused(422, 'VALIDATION_FAILED'),
    'DELETE /api/categories/receipts': () => ok(null),
  });
  const user = open();

  await user.click(await screen.findByRole('button', { name: 'Change offers' }));
  await user.click(screen.getByRole('radio', { name: /Always sent/ }));
  await user.click(screen.getByRole('button', { name: 'Save' }));
  expect(await screen.findByText('It said VALIDATION_FAILED')).toBeInTheDocument();
  expect(calls.find(({ method }) => method === 'PUT')?.body).toEqual({ name: 'Offers', transactional: true });
  await user.click(screen.getByRole('button', { name: 'Cancel' }));

  await user.click(screen.getByRole('button', { name: 'Remove receipts' }));
  await user.click(screen.getByRole('button', { name: 'Remove it' }));
  await waitFor(() => {
    expect(calls.some(({ method, path }) => `${method} ${path}` === 'DELETE /api/categories/receipts')).toBe(
      true,
    );
  });
});

it('shows what one recipient gets, and changes it', async () => {
  const calls = fakeApi({
    'GET /api/categories': () => ok([OFFERS, RECEIPTS]),
    'GET /api/preferences': (_call, nth) => preferences(nth === 1),
    'PUT /api/preferences': () => preferences(false),
  });
  const user = open();

  await user.type(await screen.findByLabelText('Email address'), ' ada@example.com');
  await user.click(screen.getByRole('button', { name: 'Show' }));
  const found = await screen.findByRole('list', { name: 'Preferences of ada@example.com' });
  expect(within(found).getAllByText('Gets it')).toHaveLength(2);
  expect(within(found).queryByRole('button', { name: /Receipts/ })).not.toBeInTheDocument();
  await user.click(within(found).getByRole('button', { name: 'Unsubscribe from Offers' }));

  expect(await screen.findByText('Has left it')).toBeInTheDocument();
  expect(calls.find(({ path }) => path.startsWith('/api/preferences?'))?.path).toBe(
    '/api/preferences?recipient=ada%40example.com&type=EMAIL',
  );
  expect(calls.find(({ method }) => method === 'PUT')?.body).toEqual({
    type: 'EMAIL',
    recipient: 'ada@example.com',
    categories: { offers: false },
  });
});

it('says what went wrong, and asks again', async () => {
  fakeApi({
    'GET /api/categories': (_call, nth) => (nth === 1 ? refused(403, 'FORBIDDEN') : ok([OFFERS])),
  });
  const user = open();

  expect(await screen.findByText('It said FORBIDDEN')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: /again/i }));
  expect(await screen.findByText('Offers')).toBeInTheDocument();
});
