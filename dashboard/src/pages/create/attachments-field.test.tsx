import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import { fakeApi, ok, refused, type Call } from '@/testing/api';
import { aNotification, ID } from '@/testing/notifications';
import { renderAt } from '@/testing/render';
import { fakeStorage, type FakeUpload } from '@/testing/uploads';
import { CreatePage } from './create-page';

const SHA256_OF_HELLO = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
const S3 = {
  url: 'https://files.s3.example.com/bank-a/1?X-Amz-Signature=0',
  headers: { 'x-amz-checksum-sha256': '0' },
};
const aFile = (name = 'statement.pdf', text = 'hello') => new File([text], name, { type: 'application/pdf' });
const idOf = (nth: number) => String(nth).repeat(24);

function announced(nth: number, upload: { url: string; headers: Record<string, string> } = S3) {
  const at = '2026-01-31T09:30:00.000Z';
  return ok(
    { id: idOf(nth), createdAt: at, keptUntil: at, upload: { method: 'PUT', expiresAt: at, ...upload } },
    201,
  );
}

const API = {
  'GET /api/policy': () => ok({ onUnknown: 'hold' }),
  'POST /api/attachments': (_call: Call, nth: number) => announced(nth),
  'POST /api/notifications': () => ok(aNotification(), 201),
};
const created = (calls: Call[]) => calls.find(({ path }) => path === '/api/notifications')?.body;

/** Opens the page and chooses files; returns once all that the API takes are being uploaded. */
async function attach(files: File[], uploads: FakeUpload[], count = files.length) {
  const user = userEvent.setup();
  renderAt('/create', '/create', <CreatePage />);
  await user.upload(screen.getByLabelText('Attachments (optional)'), files);
  await waitFor(() => {
    expect(uploads).toHaveLength(count);
  });
  return user;
}

async function create(user: ReturnType<typeof userEvent.setup>) {
  await user.type(screen.getByLabelText('Email address'), 'user@example.com');
  await user.type(screen.getByLabelText('Subject'), 'Hello');
  await user.type(screen.getByLabelText('Message'), 'World');
  await user.click(screen.getByRole('button', { name: 'Create' }));
}

it('announces a file, puts its bytes as the API says, and sends its id', async () => {
  const calls = fakeApi(API);
  const uploads = fakeStorage();
  const user = await attach([aFile()], uploads);

  expect(calls.find(({ path }) => path === '/api/attachments')?.body).toEqual({
    filename: 'statement.pdf',
    contentType: 'application/pdf',
    size: 5,
    sha256: SHA256_OF_HELLO,
  });
  expect(uploads[0]).toMatchObject({ method: 'PUT', ...S3 });
  expect(new TextDecoder().decode(uploads[0]?.body as Uint8Array)).toBe('hello');
  await uploads[0]?.progress(2, 5);
  expect(screen.getByRole('progressbar', { name: 'Upload of statement.pdf' })).toHaveValue(0.4);
  await uploads[0]?.answer(200);
  expect(await screen.findByText('1 of 1 file uploaded')).toBeInTheDocument();
  await create(user);

  expect(await screen.findByText(`Now at /status/${ID}`)).toBeInTheDocument();
  expect(created(calls)).toMatchObject({ attachments: [idOf(1)] });
});

it('puts bytes for the local server at its own origin, by whichever name it was reached', async () => {
  const local = { url: 'http://127.0.0.1:5000/uploads/1', headers: { 'WaveCom-Upload-Token': 'token' } };
  fakeApi({ ...API, 'POST /api/attachments': (_call, nth) => announced(nth, local) });
  const uploads = fakeStorage();
  await attach([aFile()], uploads);

  expect(uploads[0]).toMatchObject({ url: 'http://localhost/uploads/1', headers: local.headers });
});

it('cannot be sent while a file is being uploaded, and says why', async () => {
  fakeApi(API);
  const uploads = fakeStorage();
  await attach([aFile()], uploads);
  const button = screen.getByRole('button', { name: 'Create' });

  expect(button).toBeDisabled();
  expect(button).toHaveAccessibleDescription('Files are being uploaded.');
  await uploads[0]?.answer(200);

  await waitFor(() => {
    expect(button).toBeEnabled();
  });
});

it('says of each file why it was not uploaded, and tries it again', async () => {
  const types = [{ field: 'contentType', message: 'must be one of application/pdf' }];
  fakeApi({
    ...API,
    'POST /api/attachments': (call, nth) =>
      (call.body as { filename: string }).filename === 'a.exe'
        ? refused(422, 'VALIDATION_ERROR', types)
        : announced(nth),
  });
  const uploads = fakeStorage();
  const user = await attach([aFile('a.exe'), aFile('b.pdf')], uploads, 1);
  await uploads[0]?.answer(403);

  expect(await screen.findByText('Its type must be one of application/pdf')).toBeInTheDocument();
  expect(await screen.findByText('The storage refused it (403)')).toBeInTheDocument();
  expect(screen.getByRole('button', { name: 'Create' })).toHaveAccessibleDescription(/^Remove the files/);
  expect(screen.queryByRole('button', { name: 'Try again with a.exe' })).not.toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Remove a.exe' }));
  expect(screen.getByLabelText('Attachments (optional)')).toHaveFocus();
  await user.click(screen.getByRole('button', { name: 'Try again with b.pdf' }));
  await waitFor(() => {
    expect(uploads).toHaveLength(2);
  });
  await uploads[1]?.answer(200);

  expect(await screen.findByText('1 of 1 file uploaded')).toBeInTheDocument();
  expect(screen.queryByText(/The storage refused it/)).not.toBeInTheDocument();
});

it('says when the storage does not answer', async () => {
  fakeApi(API);
  const uploads = fakeStorage();
  await attach([aFile()], uploads);

  await uploads[0]?.fail();

  expect(await screen.findByText('No answer from the storage')).toBeInTheDocument();
});

it('stops the upload of a file that is removed, and sends the others', async () => {
  const calls = fakeApi(API);
  const uploads = fakeStorage();
  const user = await attach([aFile('a.pdf'), aFile('b.pdf')], uploads);

  await user.click(screen.getByRole('button', { name: 'Remove a.pdf' }));
  const [stopped, other] = [...uploads].sort((one) => (one.isAborted ? -1 : 1));
  expect(stopped?.isAborted).toBe(true);
  expect(other?.isAborted).toBe(false);
  await other?.answer(200);
  await screen.findByText('1 of 1 file uploaded');
  await create(user);

  await screen.findByText(`Now at /status/${ID}`);
  expect(created(calls)).toMatchObject({ attachments: [expect.any(String)] });
});

it('leaves out what does not fit, and says so', async () => {
  fakeApi(API);
  const uploads = fakeStorage();
  const user = await attach([aFile('a.pdf')], uploads);

  await user.upload(screen.getByLabelText('Attachments (optional)'), [aFile('empty.pdf', '')]);

  expect(await screen.findByText('empty.pdf is empty')).toBeInTheDocument();
  expect(screen.getByLabelText('Attachments (optional)')).toHaveAccessibleDescription(
    /10 files at the most.*is empty/,
  );
  expect(screen.getAllByRole('button', { name: /^Remove/ })).toHaveLength(1);
});

it('puts what the API says about a file at the file', async () => {
  fakeApi({
    ...API,
    'POST /api/notifications': () =>
      refused(422, 'VALIDATION_ERROR', [
        { field: 'attachments[0]', message: 'is no file of the type application/pdf' },
      ]),
  });
  const uploads = fakeStorage();
  const user = await attach([aFile()], uploads);
  await uploads[0]?.answer(200);
  await screen.findByText('1 of 1 file uploaded');
  await create(user);

  const row = (await screen.findByText('is no file of the type application/pdf')).closest('li');
  expect(row).toHaveTextContent('statement.pdf');
  expect(screen.queryByText('The API refused the input')).not.toBeInTheDocument();
});

it('has attachments for an email only', async () => {
  const calls = fakeApi(API);
  const uploads = fakeStorage();
  const user = await attach([aFile()], uploads);

  await user.click(screen.getByLabelText('SMS'));
  expect(screen.queryByLabelText('Attachments (optional)')).not.toBeInTheDocument();
  await user.type(screen.getByLabelText('Phone number'), '+4930901820');
  await user.type(screen.getByLabelText('Message'), 'World');
  await user.click(screen.getByRole('button', { name: 'Create' }));

  await screen.findByText(`Now at /status/${ID}`);
  expect(created(calls)).not.toHaveProperty('attachments');
});
