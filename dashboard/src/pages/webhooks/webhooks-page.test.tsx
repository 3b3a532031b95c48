import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { fakeApi, ok, refused } from '@/testing/api';
import { anEndpoint } from '@/testing/endpoints';
import { renderAt } from '@/testing/render';
import { WebhooksPage } from './webhooks-page';

function open() {
  const user = userEvent.setup();
  renderAt('/webhooks', '/webhooks', <WebhooksPage />);
  return user;
}

it('says what endpoints are for where there are none, makes one, and shows its secret once', async () => {
  const calls = fakeApi({
    'GET /api/webhooks': (_call, nth) => ok(nth === 1 ? [] : [anEndpoint()]),
    'POST /api/webhooks': () => ok(anEndpoint({ secret: 'whsec_abc' }), 201),
  });
  const user = open();

  await user.click(await screen.findByRole('button', { name: 'Make an endpoint' }));
  await user.type(screen.getByLabelText('URL'), ' https://api.bank.example/wavecom ');
  await user.click(screen.getByRole('button', { name: 'None of: What became of a notification' }));
  await user.click(screen.getByRole('checkbox', { name: /notification\.sent/ }));
  await user.click(screen.getByRole('checkbox', { name: /endpoint\.disabled/ }));
  await user.type(screen.getByLabelText('Headers (optional)'), 'Authorization: Bearer a:b \n\n X-A:1');
  await user.click(screen.getByRole('button', { name: 'Make it' }));

  expect(await screen.findByLabelText('Secret')).toHaveValue('whsec_abc');
  expect(screen.getByText(/It is not shown again/)).toBeInTheDocument();
  const write = vi.spyOn(navigator.clipboard, 'writeText');
  await user.click(screen.getByRole('button', { name: 'Copy the secret' }));
  expect(await screen.findByText('Copied')).toBeInTheDocument();
  expect(write).toHaveBeenCalledWith('whsec_abc');
  await user.click(screen.getByRole('button', { name: 'I have it' }));

  expect(screen.queryByDisplayValue('whsec_abc')).not.toBeInTheDocument();
  expect(await screen.findByRole('link', { name: 'https://api.bank.example/wavecom' })).toBeInTheDocument();
  expect(calls.find(({ method }) => method === 'POST')?.body).toEqual({
    url: 'https://api.bank.example/wavecom',
    types: ['notification.sent', 'endpoint.disabled'],
    headers: { Authorization: 'Bearer a:b', 'X-A': '1' },
    metadata: false,
  });
});

it('marks the secret where it may not be copied', async () => {
  fakeApi({
    'GET /api/webhooks': () => ok([]),
    'POST /api/webhooks': () => ok(anEndpoint({ secret: 'whsec_abc' }), 201),
  });
  const user = open();

  await user.click(await screen.findByRole('button', { name: 'New endpoint' }));
  await user.type(screen.getByLabelText('URL'), 'https://api.bank.example/');
  await user.click(screen.getByRole('button', { name: 'Make it' }));
  await screen.findByLabelText('Secret');
  vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new DOMException('not allowed'));
  await user.click(screen.getByRole('button', { name: 'Copy the secret' }));

  expect(await screen.findByText(/Selected/)).toBeInTheDocument();
});

it('asks for an address and an event before it asks the API', async () => {
  const calls = fakeApi({ 'GET /api/webhooks': () => ok([anEndpoint()]) });
  const user = open();

  await user.click(await screen.findByRole('button', { name: 'New endpoint' }));
  await user.click(screen.getByRole('button', { name: 'None of: What became of a notification' }));
  await user.type(screen.getByLabelText('Headers (optional)'), 'no colon');
  await user.click(screen.getByRole('button', { name: 'Make it' }));

  expect(await screen.findByText('is required')).toBeInTheDocument();
  expect(screen.getByText('needs at least one')).toBeInTheDocument();
  expect(screen.getByText(/unlike “no colon”/)).toBeInTheDocument();
  expect(calls.every(({ method }) => method === 'GET')).toBe(true);
});

it('shows the errors of the API at their fields, and others below', async () => {
  fakeApi({
    'GET /api/webhooks': () => ok([]),
    'POST /api/webhooks': (_call, nth) =>
      nth === 1
        ? refused(422, 'VALIDATION_FAILED', [
            { field: 'url', message: 'must be on the public internet' },
            { field: 'types[0]', message: 'is not known' },
          ])
        : refused(409, 'CONFLICT'),
  });
  const user = open();

  await user.click(await screen.findByRole('button', { name: 'New endpoint' }));
  await user.type(screen.getByLabelText('URL'), 'https://10.0.0.1/');
  await user.click(screen.getByRole('button', { name: 'Make it' }));
  expect(await screen.findByText('must be on the public internet')).toBeInTheDocument();
  expect(screen.getByText('is not known')).toBeInTheDocument();
  expect(screen.queryByText('It said VALIDATION_FAILED')).not.toBeInTheDocument();

  await user.click(screen.getByRole('checkbox', { name: /notification\.queued/ }));
  await user.clear(screen.getByLabelText('URL'));
  await user.type(screen.getByLabelText('URL'), 'https://api.bank.example/');
  await user.click(screen.getByRole('button', { name: 'Make it' }));
  expect(await screen.findByText('It said CONFLICT')).toBeInTheDocument();
});

it('tells which endpoints are disabled and why, failing, or recovering', async () => {
  fakeApi({
    'GET /api/webhooks': () =>
      ok([
        anEndpoint({ id: 'ep_000000000000000000000001', url: 'https://a.example/' }),
        anEndpoint({
          id: 'ep_000000000000000000000002',
          url: 'https://b.example/',
          enabled: false,
          disabledReason: 'gone',
        }),
        anEndpoint({
          id: 'ep_000000000000000000000003',
          url: 'https://c.example/',
          failingSince: new Date(Date.now() - 3 * 3_600_000).toISOString(),
          recovering: true,
        }),
      ]),
  });
  open();

  const [a, b, c] = within(await screen.findByRole('list', { name: 'Endpoints' })).getAllByRole('listitem');
  expect(a).toHaveTextContent('Enabled');
  expect(b).toHaveTextContent('Disabled: gone');
  expect(c).toHaveTextContent('Failing for 3 h');
  expect(c).toHaveTextContent('Recovering');
  expect(screen.getByRole('link', { name: 'https://b.example/' })).toHaveAttribute(
    'href',
    '/webhooks/ep_000000000000000000000002',
  );
});
