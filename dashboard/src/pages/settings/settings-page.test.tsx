import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import { useSession } from '@/stores/session';
import { fakeApi, ok, refused } from '@/testing/api';
import { renderPart } from '@/testing/render';
import { SettingsPage } from './settings-page';

const KEY = `wc_0123456789ab_${'s'.repeat(43)}`;
const policy = (given: string | null) =>
  given === `Bearer ${KEY}` ? ok({ onUnknown: 'resend', contact: null }) : refused(401, 'UNAUTHENTICATED');

it('takes a key for this tab, shows of it what is no secret, and forgets it', async () => {
  fakeApi({ 'GET /api/policy': ({ headers }) => policy(headers.get('Authorization')) });
  const user = userEvent.setup();
  renderPart(<SettingsPage />);
  expect(await screen.findByText('The API asks for a key')).toBeInTheDocument();

  await user.type(screen.getByLabelText('Key'), 'wc_wrong');
  await user.click(screen.getByRole('button', { name: 'Use this key' }));
  expect(await screen.findByText('The API does not accept this key')).toBeInTheDocument();

  await user.type(screen.getByLabelText('Another key'), KEY);
  await user.click(screen.getByRole('button', { name: 'Use this key' }));
  expect(await screen.findByText('Signed in with the key wc_0123456789ab')).toBeInTheDocument();
  expect(document.body).not.toHaveTextContent('sssss');
  expect(localStorage.length).toBe(0);

  await user.click(screen.getByRole('button', { name: 'Forget the key' }));
  expect(await screen.findByText('The API asks for a key')).toBeInTheDocument();
  expect(useSession.getState().apiKey).toBeNull();
  expect(sessionStorage.length).toBe(0);
});

it('refuses a key that no header can carry', async () => {
  const calls = fakeApi({ 'GET /api/policy': () => ok({ onUnknown: 'resend', contact: null }) });
  const user = userEvent.setup();
  renderPart(<SettingsPage />);

  await user.type(await screen.findByLabelText('Key'), 'wc_abc…');
  await user.click(screen.getByRole('button', { name: 'Use this key' }));

  expect(screen.getByLabelText('Key')).toHaveAccessibleDescription(/has an invalid character/);
  expect(useSession.getState().apiKey).toBeNull();
  expect(calls).toHaveLength(1);
});

it('changes the policy of the tenant', async () => {
  const calls = fakeApi({
    'GET /api/policy': () => ok({ onUnknown: 'resend', contact: null }),
    'PUT /api/policy': () => ok({ onUnknown: 'hold', contact: null }),
  });
  const user = userEvent.setup();
  renderPart(<SettingsPage />);

  await user.click(await screen.findByLabelText(/^Hold/));

  expect(await screen.findByText('Saved')).toBeInTheDocument();
  expect(calls.at(-1)).toMatchObject({ method: 'PUT', body: { onUnknown: 'hold' } });
  await waitFor(() => {
    expect(screen.getByLabelText(/^Hold/)).toBeChecked();
  });
});

it('names the contact of the tenant, and takes it back', async () => {
  let contact: string | null = null;
  const calls = fakeApi({
    'GET /api/policy': () => ok({ onUnknown: 'hold', contact }),
    'PUT /api/policy': ({ body }) => {
      contact = (body as { contact: string | null }).contact;
      return ok({ onUnknown: 'hold', contact });
    },
  });
  const user = userEvent.setup();
  renderPart(<SettingsPage />);
  const save = await screen.findByRole('button', { name: 'Save the contact' });
  expect(save).toBeDisabled();

  await user.type(screen.getByLabelText('Contact'), 'operations@bank.example');
  await user.click(save);
  expect(await screen.findByText('Saved')).toBeInTheDocument();
  expect(calls.at(-1)).toMatchObject({ body: { onUnknown: 'hold', contact: 'operations@bank.example' } });
  expect(save).toBeDisabled();

  await user.clear(screen.getByLabelText('Contact'));
  await user.click(save);
  await waitFor(() => {
    expect(calls.at(-1)).toMatchObject({ body: { onUnknown: 'hold', contact: null } });
  });
});
