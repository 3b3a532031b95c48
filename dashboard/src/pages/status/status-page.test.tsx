import { act, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { AuditEntry, Notification, Status } from '@/api/types';
import { fakeApi, ok, refused } from '@/testing/api';
import { aNotification, ID } from '@/testing/notifications';
import { renderAt } from '@/testing/render';
import { StatusPage } from './status-page';

const NOW = Date.parse('2026-01-31T09:30:10.000Z');
const PATH = `GET /api/notifications/${ID}`;

function entry(
  sequence: number,
  status: Status,
  second: number,
  metadata: Record<string, unknown> = {},
): AuditEntry {
  const timestamp = `2026-01-31T09:30:${second.toFixed(3).padStart(6, '0')}Z`;
  return {
    _id: `${ID}:${sequence}`,
    notificationId: ID,
    sequence,
    status,
    message: 'Done',
    timestamp,
    metadata,
    digest: '',
  };
}

const LOGS = [
  entry(1, 'PENDING', 0),
  entry(2, 'QUEUED', 0.012),
  entry(3, 'PROCESSING', 5),
  entry(4, 'SENT', 5.234),
];

function open(changes: Partial<Notification>, logs = LOGS) {
  const calls = fakeApi({ [PATH]: () => ok({ notification: aNotification(changes), logs }) });
  renderAt(`/status/${ID}`, '/status/:id', <StatusPage />);
  return calls;
}

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true, now: NOW });
});

afterEach(() => {
  vi.useRealTimers();
});

it('shows the trail with the time between its steps', async () => {
  open({});

  const steps = within(await screen.findByRole('list', { name: 'Timeline' })).getAllByRole('listitem');

  expect(steps.map((step) => within(step).getAllByText(/^[A-Z][a-z]+$/)[0]?.textContent)).toEqual([
    'Pending',
    'Queued',
    'Processing',
    'Sent',
  ]);
  expect(screen.getByText('+12 ms')).toBeInTheDocument();
  expect(screen.getByText('+4.99 s')).toBeInTheDocument();
  expect(screen.getByText('+234 ms')).toBeInTheDocument();
});

it('names the files that an email carries', async () => {
  const file = { id: ID, filename: 'statement <1>.pdf', contentType: 'application/pdf', size: 48_213 };
  open({ attachments: [file, { ...file, id: 'b'.repeat(24), filename: 'small.txt', size: 1 }] });

  expect(await screen.findByText('statement <1>.pdf')).toHaveTextContent('application/pdf, 47.1 KB');
  expect(screen.getByText('small.txt')).toHaveTextContent('1 byte');
});

it('leads to the page by which a recipient leaves a category', async () => {
  open({ category: 'offers', unsubscribeUrl: 'https://links.example/u/abc' });

  expect(await screen.findByText(/In the category offers/)).toBeInTheDocument();
  expect(screen.getByRole('link', { name: 'this link' })).toHaveAttribute(
    'href',
    'https://links.example/u/abc',
  );
});

it('counts down to the retry and names those after it', async () => {
  open({ status: 'RETRYING', retryCount: 1, nextAttemptAt: '2026-01-31T09:30:35.000Z' });

  const timer = await screen.findByRole('timer');
  expect(timer).toHaveTextContent('in 25 s');
  expect(screen.getByText('Attempt 2 of 4')).toBeInTheDocument();
  expect(screen.getByText('If that is refused as well: again after 25 s, 125 s.')).toBeInTheDocument();

  await act(() => vi.advanceTimersByTimeAsync(5000));
  expect(timer).toHaveTextContent(/in (19|20) s/);
});

it('lists every attempt with its outcome and code', async () => {
  const attempt = { provider: 'ses', startedAt: '2026-01-31T09:30:05.000Z', durationMs: 234 };
  open({
    attempts: [
      { ...attempt, outcome: 'unknown', code: 'read_timeout', about: 'sender' },
      { ...attempt, outcome: 'permanent', code: '5.1.1', about: 'recipient' },
      { ...attempt, outcome: 'delivered', code: null, about: null },
    ],
  });

  const attempts = within(await screen.findByRole('list', { name: 'Attempts' })).getAllByRole('listitem');

  expect(attempts[0]).toHaveTextContent(/1. ses.*took 234 ms · code read_timeout.*No answer/);
  expect(attempts[1]).toHaveTextContent(/2. ses.*code 5.1.1 · because of the recipient/);
  expect(attempts[2]).toHaveTextContent(/3. ses.*Accepted/);
});

it.each<[Status, string[]]>([
  ['PENDING', ['Cancel']],
  ['QUEUED', ['Cancel']],
  ['RETRYING', ['Cancel']],
  ['PROCESSING', []],
  ['SENT', []],
  ['FAILED', ['Retry', 'Replay with a reason']],
  ['EXPIRED', []],
])('offers for %s what that allows', async (status, names) => {
  open({ status });

  await screen.findByRole('list', { name: 'Timeline' });

  const buttons = screen.queryAllByRole('button').map((button) => button.textContent);
  expect(buttons.filter((text) => text !== '')).toEqual(names);
});

it('shows markup in a message as the text that it is', async () => {
  open({ subject: '<b>Bold</b>', message: '<script>alert(1)</script>' });

  expect(await screen.findByText('<script>alert(1)</script>')).toBeInTheDocument();
  expect(screen.getByText('<b>Bold</b>')).toBeInTheDocument();
  expect(document.querySelector('script')).toBeNull();
});

it('asks again while it is not finished', async () => {
  const calls = open({ status: 'QUEUED' });
  await screen.findByRole('list', { name: 'Timeline' });

  await act(() => vi.advanceTimersByTimeAsync(4500));

  expect(calls.length).toBeGreaterThanOrEqual(3);
});

it('asks once for what is not there, and keeps saying so', async () => {
  const calls = fakeApi({ [PATH]: () => refused(404, 'NOT_FOUND') });
  renderAt(`/status/${ID}`, '/status/:id', <StatusPage />);
  await screen.findByRole('alert');

  await act(() => vi.advanceTimersByTimeAsync(20_000));

  expect(calls.filter(({ path }) => path.includes(ID))).toHaveLength(1);
  expect(screen.getByRole('alert')).toBeInTheDocument();
});

it('says what a missing notification may be', async () => {
  fakeApi({ [PATH]: () => refused(404, 'NOT_FOUND') });
  renderAt(`/status/${ID}`, '/status/:id', <StatusPage />);

  expect(await screen.findByRole('alert')).toHaveTextContent(
    /older than the retention, or belongs to another tenant/,
  );
});

it('tells why a cancellation came too late, though its status has moved on meanwhile', async () => {
  fakeApi({
    [PATH]: (_, nth) =>
      ok({ notification: aNotification({ status: nth === 1 ? 'QUEUED' : 'SENT' }), logs: LOGS }),
    [`POST /api/notifications/${ID}/cancel`]: () => refused(409, 'CONFLICT'),
  });
  renderAt(`/status/${ID}`, '/status/:id', <StatusPage />);
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });

  await user.click(await screen.findByRole('button', { name: 'Cancel' }));
  await user.click(screen.getByRole('button', { name: 'Cancel it' }));

  expect(await screen.findByText('Its status does not allow that any more')).toBeInTheDocument();
  expect(await screen.findByText('A provider has accepted it')).toBeInTheDocument();
  expect(screen.getByText('Its status does not allow that any more')).toBeInTheDocument();
});

it('says who it comes from, in which category, and which of several texts it has', async () => {
  open({
    sender: { id: 'billing', address: 'billing@bank.example', name: 'Bank Billing' },
    category: 'offers',
    template: { id: 'sale', version: 3, locale: 'en', variant: 'short' },
  });

  expect(await screen.findByText('billing@bank.example')).toBeInTheDocument();
  expect(screen.getByText('Bank Billing')).toBeInTheDocument();
  expect(screen.getByText('offers')).toBeInTheDocument();
  expect(screen.getByText(/version 3, in en, variant short/)).toBeInTheDocument();
});
