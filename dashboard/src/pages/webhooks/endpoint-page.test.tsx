import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import { fakeApi, ok, refused } from '@/testing/api';
import { aDelivery, anEndpoint, ENDPOINT_ID, EVENT_ID } from '@/testing/endpoints';
import { renderAt } from '@/testing/render';
import { EndpointPage } from './endpoint-page';

const PATH = `/api/webhooks/${ENDPOINT_ID}`;
const FAILED = aDelivery({
  status: 'failed',
  attemptCount: 12,
  attempts: [
    { at: '2026-01-31T09:30:01.000Z', durationMs: 30, status: 500, answer: '<img src=x>', error: null },
    { at: '2026-01-31T09:35:01.000Z', durationMs: 5000, status: null, answer: null, error: 'timed out' },
  ],
});
const NONE = { deliveries: [], nextCursor: null };

function open(query = '') {
  const user = userEvent.setup();
  renderAt(`/webhooks/${ENDPOINT_ID}${query}`, '/webhooks/:id', <EndpointPage />);
  return user;
}

it('lists deliveries, and shows one with its attempts and its payload as text', async () => {
  const payload = '{"type":"notification.sent","data":{"note":"<b>bold</b>"}}';
  fakeApi({
    [`GET ${PATH}`]: () => ok(anEndpoint()),
    [`GET ${PATH}/deliveries`]: () => ok({ deliveries: [FAILED], nextCursor: null }),
    [`GET ${PATH}/deliveries/${EVENT_ID}`]: () => ok({ ...FAILED, payload }),
  });
  const user = open();

  const row = await screen.findByRole('button', { name: /notification\.sent/ });
  expect(row).toHaveTextContent('attempt 12: timed out in 5.00 s');
  await user.click(row);

  expect(await screen.findByRole('region', { name: 'Payload' })).toHaveTextContent('"note": "<b>bold</b>"');
  expect(screen.getByRole('region', { name: 'Answer of attempt 11' })).toHaveTextContent('<img src=x>');
  expect(document.querySelector('pre b, pre img')).toBeNull();
  expect(screen.getByText('The latest 2 of 12 attempts:')).toBeInTheDocument();
  const [first, second] = within(screen.getByRole('list', { name: 'Attempts' })).getAllByRole('listitem');
  expect(first).toHaveTextContent('11. 31 Jan 2026, 09:30:01 UTC · took 30 ms');
  expect(second).toHaveTextContent('No answer');
});

it('retries a delivery, and shows a refusal of that', async () => {
  const calls = fakeApi({
    [`GET ${PATH}`]: () => ok(anEndpoint()),
    [`GET ${PATH}/deliveries`]: () => ok({ deliveries: [FAILED], nextCursor: null }),
    [`GET ${PATH}/deliveries/${EVENT_ID}`]: () =>
      ok({ ...(calls.some(({ method }) => method === 'POST') ? aDelivery() : FAILED), payload: null }),
    [`POST ${PATH}/deliveries/${EVENT_ID}/retry`]: (_call, nth) =>
      nth === 1 ? ok(FAILED, 202) : refused(409, 'CONFLICT'),
  });
  const user = open(`?event=${EVENT_ID}`);

  await user.click(await screen.findByRole('button', { name: 'Retry now' }));
  await user.click(await screen.findByRole('button', { name: 'Send it again' }));

  expect(await screen.findByText('It said CONFLICT')).toBeInTheDocument();
  expect(screen.getByText('The event is no longer kept.')).toBeInTheDocument();
});

it('filters the deliveries and turns their pages', async () => {
  const calls = fakeApi({
    [`GET ${PATH}`]: () => ok(anEndpoint()),
    [`GET ${PATH}/deliveries`]: ({ path }) =>
      ok(path.includes('cursor') ? NONE : { deliveries: [FAILED], nextCursor: '17.evt_1' }),
  });
  const user = open();

  await user.click(await screen.findByRole('button', { name: 'Failed' }));
  expect(screen.getByRole('button', { name: 'Failed' })).toHaveAttribute('aria-pressed', 'true');
  await waitFor(() => {
    expect(screen.getByRole('button', { name: 'Older' })).toBeEnabled();
  });
  await user.click(screen.getByRole('button', { name: 'Older' }));

  expect(await screen.findByText('No such deliveries')).toBeInTheDocument();
  expect(calls.map(({ path }) => path).filter((path) => path.includes('deliveries'))).toEqual([
    `${PATH}/deliveries`,
    `${PATH}/deliveries?status=failed`,
    `${PATH}/deliveries?status=failed&cursor=17.evt_1`,
  ]);
});

it('counts what was missed before it recovers it', async () => {
  const calls = fakeApi({
    [`GET ${PATH}`]: () => ok(anEndpoint()),
    [`GET ${PATH}/deliveries`]: () => ok(NONE),
    [`POST ${PATH}/recover`]: ({ body }) =>
      (body as { dryRun?: boolean }).dryRun === true
        ? ok({ missed: 1234, started: false }, 202)
        : ok({ missed: 1235, started: true }, 202),
  });
  const user = open();

  await user.click(await screen.findByRole('button', { name: 'Recover …' }));
  await user.click(screen.getByRole('radio', { name: 'The last 14 days' }));
  await user.click(screen.getByRole('button', { name: 'Count them' }));
  expect(await screen.findByText('1,234 events would be delivered.')).toBeInTheDocument();
  await user.click(screen.getByRole('radio', { name: 'The last day' }));
  expect(screen.queryByText(/would be delivered/)).not.toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Count them' }));
  await user.click(await screen.findByRole('button', { name: 'Deliver 1,234 events' }));

  expect(await screen.findByText('The recovery of 1,235 events has begun')).toBeInTheDocument();
  const bodies = calls.filter(({ method }) => method === 'POST').map(({ body }) => body as { since: string });
  expect(bodies).toHaveLength(3);
  expect(bodies[2]).toEqual({ since: bodies[1]?.since });
  expect(Date.now() - Date.parse(bodies[0]?.since ?? '')).toBeLessThan(14 * 24 * 3_600_000);
});

it('sends a test, and shows what became of it', async () => {
  const test = aDelivery({ eventType: 'endpoint.test' });
  fakeApi({
    [`GET ${PATH}`]: () => ok(anEndpoint()),
    [`GET ${PATH}/deliveries`]: () => ok(NONE),
    [`POST ${PATH}/test`]: () => ok({ eventId: EVENT_ID }, 202),
    [`GET ${PATH}/deliveries/${EVENT_ID}`]: (_call, nth) =>
      ok(
        nth === 1
          ? { ...test, status: 'pending', attemptCount: 0, attempts: [], payload: '{}' }
          : { ...test, payload: '{}' },
      ),
  });
  const user = open();

  await user.click(await screen.findByRole('button', { name: 'Send a test' }));
  await user.click(screen.getByRole('button', { name: 'Send it' }));

  expect(await screen.findByText('on its way')).toBeInTheDocument();
  expect(await screen.findByText('Succeeded', {}, { timeout: 4000 })).toBeInTheDocument();
});

it('rotates the secret once that is confirmed, and shows the new one', async () => {
  fakeApi({
    [`GET ${PATH}`]: () => ok(anEndpoint()),
    [`GET ${PATH}/deliveries`]: () => ok(NONE),
    [`POST ${PATH}/rotate`]: () => ok(anEndpoint({ secret: 'whsec_new' })),
  });
  const user = open();

  await user.click(await screen.findByRole('button', { name: 'Rotate secret' }));
  await user.click(screen.getByRole('button', { name: 'Rotate it' }));

  expect(await screen.findByLabelText('Secret')).toHaveValue('whsec_new');
});

it('says why an endpoint is disabled, and enables it', async () => {
  const calls = fakeApi({
    [`GET ${PATH}`]: () =>
      ok(
        calls.some(({ method }) => method === 'PATCH')
          ? anEndpoint()
          : anEndpoint({ enabled: false, disabledReason: 'failing' }),
      ),
    [`GET ${PATH}/deliveries`]: () => ok(NONE),
    [`PATCH ${PATH}`]: () => ok(anEndpoint()),
  });
  const user = open();

  expect(await screen.findByText(/Every delivery failed for five days/)).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'Send a test' })).not.toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Enable' }));

  expect(await screen.findByRole('button', { name: 'Send a test' })).toBeInTheDocument();
  expect(calls.find(({ method }) => method === 'PATCH')?.body).toEqual({ enabled: true });
});

it('changes an endpoint, and keeps the headers that it has', async () => {
  const calls = fakeApi({
    [`GET ${PATH}`]: () => ok(anEndpoint({ headers: ['Authorization'] })),
    [`GET ${PATH}/deliveries`]: () => ok(NONE),
    [`PATCH ${PATH}`]: () => ok(anEndpoint()),
  });
  const user = open();

  await user.click(await screen.findByRole('button', { name: 'Change' }));
  expect(screen.getByText(/It has Authorization\. They stay/)).toBeInTheDocument();
  await user.click(screen.getByRole('checkbox', { name: 'Send the metadata of notifications as well' }));
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => {
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
  });
  await user.click(screen.getByRole('button', { name: 'Change' }));
  await user.click(screen.getByRole('checkbox', { name: 'Remove the headers that it has' }));
  await user.click(screen.getByRole('button', { name: 'Save' }));

  await waitFor(() => {
    expect(calls.filter(({ method }) => method === 'PATCH')).toHaveLength(2);
  });
  const [kept, cleared] = calls.filter(({ method }) => method === 'PATCH').map(({ body }) => body);
  expect(kept).toEqual({
    url: 'https://api.bank.example/wavecom',
    types: ['notification.sent', 'notification.failed'],
    description: 'The ledger of payments',
    metadata: true,
  });
  expect(cleared).toHaveProperty('headers', {});
});

it('removes a description that is emptied', async () => {
  const calls = fakeApi({
    [`GET ${PATH}`]: () => ok(anEndpoint()),
    [`GET ${PATH}/deliveries`]: () => ok(NONE),
    [`PATCH ${PATH}`]: () => ok(anEndpoint({ description: null })),
  });
  const user = open();

  await user.click(await screen.findByRole('button', { name: 'Change' }));
  await user.clear(screen.getByRole('textbox', { name: 'Description (optional)' }));
  await user.click(screen.getByRole('button', { name: 'Save' }));

  await waitFor(() => {
    expect(calls.find(({ method }) => method === 'PATCH')?.body).toHaveProperty('description', null);
  });
});

it('removes an endpoint once that is confirmed, and leads back to the list', async () => {
  const calls = fakeApi({
    [`GET ${PATH}`]: () => ok(anEndpoint()),
    [`GET ${PATH}/deliveries`]: () => ok(NONE),
    [`DELETE ${PATH}`]: () => ok(null),
  });
  const user = open();

  await user.click(await screen.findByRole('button', { name: 'Remove' }));
  expect(calls.some(({ method }) => method === 'DELETE')).toBe(false);
  await user.click(screen.getByRole('button', { name: 'Remove it' }));

  expect(await screen.findByText('Now at /webhooks')).toBeInTheDocument();
});

it('tells that there is no such endpoint', async () => {
  fakeApi({ [`GET ${PATH}`]: () => refused(404, 'NOT_FOUND') });
  open();

  expect(await screen.findByText('The endpoint: not found')).toBeInTheDocument();
});
