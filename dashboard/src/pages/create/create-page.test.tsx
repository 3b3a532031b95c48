import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import { fakeApi, ok, refused, type Call } from '@/testing/api';
import { aNotification, ID } from '@/testing/notifications';
import { renderAt } from '@/testing/render';
import { CreatePage } from './create-page';

const POLICY = { 'GET /api/policy': () => ok({ onUnknown: 'hold' }) };
const keys = (calls: Call[]) =>
  calls.filter((call) => call.method === 'POST').map((call) => call.headers.get('Idempotency-Key'));

async function fillIn() {
  const user = userEvent.setup();
  renderAt('/create', '/create', <CreatePage />);
  await user.type(screen.getByLabelText('Email address'), 'user@example.com');
  await user.type(screen.getByLabelText('Subject'), 'Hello');
  await user.type(screen.getByLabelText('Message'), 'World');
  return user;
}

it('creates and leads to what it created', async () => {
  const calls = fakeApi({ ...POLICY, 'POST /api/notifications': () => ok(aNotification(), 201) });
  const user = await fillIn();

  await user.click(screen.getByLabelText(/^Critical/));
  await user.click(screen.getByRole('button', { name: 'Create' }));

  expect(await screen.findByText(`Now at /status/${ID}`)).toBeInTheDocument();
  expect(calls.at(-1)?.body).toMatchObject({ recipient: 'user@example.com', priority: 'CRITICAL' });
});

it('asks once for a double click', async () => {
  const calls = fakeApi({
    ...POLICY,
    'POST /api/notifications': async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return ok(aNotification(), 201);
    },
  });
  const user = await fillIn();

  await user.dblClick(screen.getByRole('button', { name: 'Create' }));

  await screen.findByText(/Now at/);
  expect(keys(calls)).toHaveLength(1);
});

it('repeats under the same key after no answer, and takes another one once something is changed', async () => {
  const calls = fakeApi(POLICY);
  const user = await fillIn();

  await user.click(screen.getByRole('button', { name: 'Create' }));
  await screen.findByText(/no answer from the API/);
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  await waitFor(() => {
    expect(keys(calls)).toHaveLength(2);
  });
  await user.type(screen.getByLabelText('Message'), '!');
  await user.click(await screen.findByRole('button', { name: 'Try again' }));
  await waitFor(() => {
    expect(keys(calls)).toHaveLength(3);
  });

  const [first, second, third] = keys(calls);
  expect(first).toMatch(/^[0-9a-f]{32}$/);
  expect(second).toBe(first);
  expect(third).not.toBe(first);
});

it('puts errors on their fields, its own and those of the API', async () => {
  const calls = fakeApi({
    ...POLICY,
    'POST /api/notifications': () =>
      refused(422, 'VALIDATION_ERROR', [{ field: 'recipient', message: 'must be able to exist' }]),
  });
  const user = userEvent.setup();
  renderAt('/create', '/create', <CreatePage />);

  await user.click(screen.getByRole('button', { name: 'Create' }));
  expect(await screen.findByLabelText('Email address')).toHaveAccessibleDescription('is required');
  expect(screen.getByLabelText('Subject')).toHaveAccessibleDescription('is required for an email');
  expect(calls.filter((call) => call.method === 'POST')).toHaveLength(0);

  await user.type(screen.getByLabelText('Email address'), 'user@example.com');
  await user.type(screen.getByLabelText('Subject'), 'Hello');
  await user.type(screen.getByLabelText('Message'), 'World');
  await user.click(screen.getByRole('button', { name: 'Create' }));

  await waitFor(() => {
    expect(screen.getByLabelText('Email address')).toHaveAccessibleDescription('must be able to exist');
  });
  expect(screen.queryByText('The API refused the input')).not.toBeInTheDocument();
});

it('asks for what the type needs', async () => {
  fakeApi(POLICY);
  const user = userEvent.setup();
  renderAt('/create', '/create', <CreatePage />);

  await user.click(screen.getByLabelText('SMS'));

  expect(screen.getByLabelText('Phone number')).toBeInTheDocument();
  expect(screen.getByLabelText('Subject (optional)')).not.toBeRequired();
  await user.type(screen.getByLabelText('Phone number'), '030 1234');
  await user.tab();
  expect(await screen.findByText(/with its country code/)).toBeInTheDocument();
});

it('says what an SMS costs while it is typed', async () => {
  fakeApi(POLICY);
  const user = await fillIn();
  expect(screen.queryByText(/segment/)).not.toBeInTheDocument();

  await user.click(screen.getByLabelText('SMS'));
  expect(screen.getByText('1 segment in GSM-7')).toBeInTheDocument();
  await user.click(screen.getByLabelText('Message'));
  await user.paste('ж'.repeat(70));
  expect(screen.getByText('2 segments in UCS-2')).toBeInTheDocument();
});

it('offers the senders of the channel, and none where there are none', async () => {
  const common = { name: null, replyTo: null, providers: [] };
  const calls = fakeApi({
    ...POLICY,
    'GET /api/senders': () =>
      ok([
        { ...common, id: 'alerts', type: 'EMAIL', address: 'alerts@bank.example', isDefault: true },
        { ...common, id: 'billing', type: 'EMAIL', address: 'billing@bank.example', isDefault: false },
        { ...common, id: 'app', type: 'PUSH', address: 'example.bank', isDefault: false },
      ]),
    'POST /api/notifications': () => ok(aNotification(), 201),
  });
  const user = await fillIn();

  expect(await screen.findByRole('option', { name: 'The default, alerts' })).toBeInTheDocument();
  expect(screen.queryByRole('option', { name: /example\.bank$/ })).not.toBeInTheDocument();
  await user.selectOptions(screen.getByLabelText('Sender (optional)'), 'billing');
  await user.click(screen.getByLabelText(/^SMS/));
  expect(screen.queryByLabelText('Sender (optional)')).not.toBeInTheDocument();
  await user.click(screen.getByLabelText(/^Email/));
  expect(screen.getByLabelText('Sender (optional)')).toHaveValue('');
  await user.selectOptions(screen.getByLabelText('Sender (optional)'), 'billing');
  await user.click(screen.getByRole('button', { name: 'Create' }));

  await screen.findByText(`Now at /status/${ID}`);
  expect(calls.at(-1)?.body).toMatchObject({ sender: 'billing' });
});
