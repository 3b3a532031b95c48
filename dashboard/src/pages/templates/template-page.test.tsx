import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import { fakeApi, ok, refused } from '@/testing/api';
import { renderAt } from '@/testing/render';
import { aTemplate, aVersion, AT, fill, SHOWN, summary } from '@/testing/templates';
import { TemplatePage } from './template-page';
import { TemplatesPage } from './templates-page';

const open = () => renderAt('/templates/paid', '/templates/:id', <TemplatePage />);

it('lists templates with what is published', async () => {
  fakeApi({
    'GET /api/templates': () =>
      ok({
        templates: [
          aTemplate(),
          aTemplate({ id: 'new', published: null }),
          aTemplate({ id: 'old', archivedAt: AT }),
        ],
        nextCursor: null,
      }),
  });
  renderAt('/templates', '/templates', <TemplatesPage />);

  expect(await screen.findByRole('link', { name: 'paid' })).toHaveAttribute('href', '/templates/paid');
  expect(screen.getByText('Version 1')).toBeInTheDocument();
  expect(screen.getByText('Not published')).toBeInTheDocument();
  expect(screen.getByText('Archived')).toBeInTheDocument();
});

it('says how to begin where there are none', async () => {
  fakeApi({ 'GET /api/templates': () => ok({ templates: [], nextCursor: null }) });
  renderAt('/templates', '/templates', <TemplatesPage />);

  expect(await screen.findByText('No templates yet')).toBeInTheDocument();
});

it('makes a template and leads to it, and says what is wrong with an id before it asks', async () => {
  const calls = fakeApi({
    'GET /api/templates': () => ok({ templates: [], nextCursor: null }),
    'POST /api/templates': () => ok(aTemplate({ id: 'code', channel: 'SMS' }), 201),
  });
  const user = userEvent.setup();
  renderAt('/templates', '/templates', <TemplatesPage />);

  await user.click(screen.getByRole('button', { name: 'New template' }));
  await fill(user, screen.getByLabelText('Id'), 'My Code');
  await user.click(screen.getByRole('button', { name: 'Make it' }));
  expect(screen.getByText(/must be small letters/)).toBeInTheDocument();
  await user.clear(screen.getByLabelText('Id'));
  await fill(user, screen.getByLabelText('Id'), 'code');
  await user.click(screen.getByLabelText('SMS'));
  await user.click(screen.getByRole('button', { name: 'Make it' }));

  expect(await screen.findByText('Now at /templates/code')).toBeInTheDocument();
  const asked = calls.filter((call) => call.method === 'POST');
  expect(asked.map((call) => call.body)).toEqual([{ id: 'code', channel: 'SMS' }]);
});

it('shows what is written, as it would be sent, in a frame without permissions', async () => {
  const calls = fakeApi(SHOWN);
  open();

  expect(await screen.findByText('Text 2, Ada')).toBeInTheDocument();
  expect(screen.getByText('Too large')).toBeInTheDocument();
  const frame = screen.getByTitle('HTML');
  expect(frame).toHaveAttribute('sandbox', '');
  expect(frame).toHaveAttribute('srcdoc', '<p>Ada</p>');
  expect(calls.find((call) => call.path.endsWith('/preview'))?.body).toEqual({
    source: { subject: 'Paid', text: 'Text 2, {{ name }}' },
    locale: 'en',
    variables: { name: 'name' },
  });
});

it('shows what is written as MJML alone', async () => {
  const calls = fakeApi({
    ...SHOWN,
    'GET /api/templates/paid/versions/2': () =>
      ok({ ...aVersion(2), locales: { en: { subject: 'Paid', mjml: '<mjml></mjml>' } } }),
  });
  open();

  await waitFor(() => {
    expect(calls.find((call) => call.path.endsWith('/preview'))?.body).toMatchObject({
      source: { subject: 'Paid', mjml: '<mjml></mjml>' },
    });
  });
});

it('saves what was written as the next version, in a further language too', async () => {
  const calls = fakeApi({
    ...SHOWN,
    'GET /api/templates/paid/versions/3': () => ok(aVersion(3)),
    'POST /api/templates/paid/versions': () => ok(aVersion(3), 201),
  });
  const user = userEvent.setup();
  open();

  await fill(user, await screen.findByLabelText('Further language'), 'de');
  await user.click(screen.getByRole('button', { name: 'Add' }));
  await user.clear(screen.getByLabelText('Subject'));
  await fill(user, screen.getByLabelText('Subject'), 'Bezahlt');
  await user.click(screen.getByRole('button', { name: 'Save as version 3' }));

  await waitFor(() => {
    expect(calls.find((call) => call.method === 'POST' && call.path.endsWith('/versions'))?.body).toEqual({
      defaultLocale: 'en',
      locales: {
        en: { subject: 'Paid', text: 'Text 2, {{ name }}' },
        de: { subject: 'Bezahlt', text: 'Text 2, {{ name }}' },
      },
    });
  });
});

it('tells what is wrong with a version at its place, until that is changed', async () => {
  fakeApi({
    ...SHOWN,
    'POST /api/templates/paid/versions': () =>
      refused(422, 'VALIDATION_FAILED', [{ field: 'locales.en.text', message: 'line 1: unexpected end' }]),
  });
  const user = userEvent.setup();
  open();

  await user.click(await screen.findByRole('button', { name: 'Save as version 3' }));

  expect(await screen.findByText('en, text:')).toBeInTheDocument();
  expect(screen.getByLabelText(/^Text/)).toHaveAccessibleDescription('line 1: unexpected end');
  await fill(user, screen.getByLabelText(/^Text/), '!');
  expect(screen.queryByText(/unexpected end/)).not.toBeInTheDocument();
});

it('publishes, rolls back and archives after a question', async () => {
  const calls = fakeApi({
    ...SHOWN,
    'POST /api/templates/paid/versions/2/publish': () => ok(aTemplate({ published: 2 })),
    'POST /api/templates/paid/rollback': () => ok(aTemplate()),
    'DELETE /api/templates/paid': () => ok(aTemplate({ archivedAt: AT })),
  });
  const user = userEvent.setup();
  open();

  await user.click(await screen.findByRole('button', { name: 'Publish version 2' }));
  await user.click(screen.getByRole('button', { name: 'Roll back' }));
  await user.click(screen.getByRole('button', { name: 'Archive' }));
  await user.click(screen.getByRole('button', { name: 'Archive it' }));

  await waitFor(() => {
    expect(
      calls.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`),
    ).toEqual(
      expect.arrayContaining([
        'POST /api/templates/paid/versions/2/publish',
        'POST /api/templates/paid/rollback',
        'DELETE /api/templates/paid',
      ]),
    );
  });
});

it('sends a version to oneself and leads to what became of it', async () => {
  const calls = fakeApi({
    ...SHOWN,
    'POST /api/templates/paid/test-send': () => ok({ _id: '507f1f77bcf86cd799439011' }, 201),
  });
  const user = userEvent.setup();
  open();

  await user.click(await screen.findByRole('button', { name: 'Test version 2' }));
  await fill(user, screen.getByLabelText('Email address'), 'ada@example.com');
  await user.click(screen.getByRole('button', { name: 'Send it' }));

  expect(await screen.findByText('Now at /status/507f1f77bcf86cd799439011')).toBeInTheDocument();
  expect(calls.find(({ path }) => path.endsWith('/test-send'))?.body).toEqual({
    recipient: 'ada@example.com',
    version: 2,
    locale: 'en',
    variables: { name: 'name' },
  });
});

it('keeps what is being written when somebody else saves a version', async () => {
  fakeApi({
    ...SHOWN,
    'GET /api/templates/paid/versions': (_call, nth) =>
      ok({ versions: nth === 1 ? [summary(2), summary(1)] : [summary(3), summary(2)], nextCursor: null }),
    'POST /api/templates/paid/versions/1/publish': () => ok(aTemplate()),
    'POST /api/templates/paid/rollback': () => ok(aTemplate()),
  });
  const user = userEvent.setup();
  open();

  await fill(user, await screen.findByLabelText('Subject'), ' mine');
  await user.click(screen.getByRole('button', { name: 'Roll back' }));

  expect(await screen.findByText('Version 3')).toBeInTheDocument();
  expect(screen.getByLabelText('Subject')).toHaveValue('Paid mine');
});

it('compares a version with the published one', async () => {
  fakeApi({ ...SHOWN, 'GET /api/templates/paid/versions/1': () => ok(aVersion(1)) });
  const user = userEvent.setup();
  open();

  await user.click(await screen.findByRole('button', { name: 'Compare version 2 with the published one' }));

  const lines = await screen.findByRole('region', { name: 'Differences' });
  expect(lines).toHaveTextContent('removed: en.text: Text 1, {{ name }}');
  expect(lines).toHaveTextContent('added: en.text: Text 2, {{ name }}');
});
