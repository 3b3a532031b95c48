import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import type { Sender } from '@/api/types';
import { fakeApi, ok, refused } from '@/testing/api';
import { renderAt } from '@/testing/render';
import { SendersPage } from './senders-page';

const BILLING: Sender = {
  id: 'billing',
  type: 'EMAIL',
  address: 'billing@bank.example',
  name: 'Bank Billing',
  replyTo: 'help@bank.example',
  providers: ['ses', 'smtp'],
  isDefault: true,
};
const SHORT: Sender = {
  id: 'short',
  type: 'SMS',
  address: '72345',
  name: null,
  replyTo: null,
  providers: [],
  isDefault: false,
};

function open() {
  renderAt('/senders', '/senders', <SendersPage />);
  return userEvent.setup();
}

it('says what senders are for where there are none, and makes one', async () => {
  const calls = fakeApi({
    'GET /api/senders': (_call, nth) => ok(nth === 1 ? [] : [SHORT]),
    'PUT /api/senders/short': () => ok(SHORT),
  });
  const user = open();

  expect(await screen.findByText('No senders yet')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'New sender' }));
  await user.type(screen.getByLabelText('Id'), 'short');
  await user.type(screen.getByLabelText('Name (optional)'), 'gone with the channel');
  await user.click(screen.getByRole('radio', { name: 'SMS' }));
  expect(screen.queryByLabelText('Reply-to (optional)')).not.toBeInTheDocument();
  await user.type(screen.getByLabelText('Number, short code or sender id'), ' 72345 ');
  await user.type(screen.getByLabelText('Providers (optional)'), 'twilio, sns,');
  await user.click(screen.getByRole('button', { name: 'Make it' }));

  expect(await screen.findByRole('row', { name: /short SMS 72345/ })).toBeInTheDocument();
  expect(calls.find(({ method }) => method === 'PUT')?.body).toEqual({
    type: 'SMS',
    address: '72345',
    providers: ['twilio', 'sns'],
    isDefault: false,
  });
});

it('lists senders with their providers and the default', async () => {
  fakeApi({ 'GET /api/senders': () => ok([BILLING, SHORT]) });
  open();

  const billing = await screen.findByRole('row', { name: /billing@bank\.example/ });
  expect(billing).toHaveTextContent('Default');
  expect(billing).toHaveTextContent('Bank Billing');
  expect(billing).toHaveTextContent('help@bank.example');
  expect(billing).toHaveTextContent('ses, smtp');
  expect(screen.getByRole('row', { name: /72345/ })).toHaveTextContent('all');
});

it('asks for an id that is free and an address before it asks the API', async () => {
  const calls = fakeApi({ 'GET /api/senders': () => ok([BILLING]) });
  const user = open();

  await screen.findByText('billing@bank.example');
  await user.click(screen.getByRole('button', { name: 'New sender' }));
  await user.type(screen.getByLabelText('Id'), 'billing');
  await user.click(screen.getByRole('button', { name: 'Make it' }));

  expect(await screen.findByText('is there already')).toBeInTheDocument();
  expect(screen.getByText('is required')).toBeInTheDocument();
  expect(calls.every(({ method }) => method === 'GET')).toBe(true);
});

it('shows the errors of the API at their fields, and others below', async () => {
  fakeApi({
    'GET /api/senders': () => ok([BILLING]),
    'PUT /api/senders/billing': (_call, nth) =>
      nth === 1
        ? refused(422, 'VALIDATION_FAILED', [{ field: 'providers', message: 'has mars, which is unknown' }])
        : refused(403, 'FORBIDDEN'),
  });
  const user = open();

  await user.click(await screen.findByRole('button', { name: 'Change billing' }));
  expect(screen.queryByLabelText('Id')).not.toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Save' }));
  expect(await screen.findByText('has mars, which is unknown')).toBeInTheDocument();
  expect(screen.queryByText('It said VALIDATION_FAILED')).not.toBeInTheDocument();
  await user.clear(screen.getByLabelText('Providers (optional)'));
  await user.click(screen.getByRole('button', { name: 'Save' }));

  expect(await screen.findByText('It said FORBIDDEN')).toBeInTheDocument();
});

it('changes a sender, and sends the rest of it as it was', async () => {
  const calls = fakeApi({
    'GET /api/senders': () => ok([BILLING]),
    'PUT /api/senders/billing': () => ok(BILLING),
  });
  const user = open();

  await user.click(await screen.findByRole('button', { name: 'Change billing' }));
  await user.clear(screen.getByLabelText('Reply-to (optional)'));
  await user.click(screen.getByRole('checkbox', { name: 'Use where a notification names no sender' }));
  await user.click(screen.getByRole('button', { name: 'Save' }));

  await waitFor(() => {
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
  });
  expect(calls.find(({ method }) => method === 'PUT')?.body).toEqual({
    type: 'EMAIL',
    address: 'billing@bank.example',
    name: 'Bank Billing',
    providers: ['ses', 'smtp'],
    isDefault: false,
  });
});

it('tells that the senders could not be loaded, and loads them once it is asked again', async () => {
  fakeApi({
    'GET /api/senders': (_call, nth) => (nth === 1 ? refused(500, 'INTERNAL_ERROR') : ok([BILLING])),
  });
  const user = open();

  expect(await screen.findByText('The senders: error 500')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Try again' }));

  expect(await screen.findByText('billing@bank.example')).toBeInTheDocument();
});

it('removes a sender once it is confirmed', async () => {
  const calls = fakeApi({
    'GET /api/senders': (_call, nth) => ok(nth === 1 ? [BILLING, SHORT] : [SHORT]),
    'DELETE /api/senders/billing': () => ok(null),
  });
  const user = open();

  await user.click(await screen.findByRole('button', { name: 'Remove billing' }));
  expect(calls.some(({ method }) => method === 'DELETE')).toBe(false);
  await user.click(screen.getByRole('button', { name: 'Remove it' }));

  await waitFor(() => {
    expect(screen.queryByText('billing@bank.example')).not.toBeInTheDocument();
  });
  expect(calls.filter(({ method }) => method === 'DELETE').map(({ path }) => path)).toEqual([
    '/api/senders/billing',
  ]);
});
