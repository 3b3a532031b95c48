import { expect, it } from 'vitest';
import { ApiError, UnreachableError } from '@/api/errors';
import { UploadError } from '@/api/put-file';
import { BYTES_MAX, chosen, problemOfUpload, problemsOfAttachments, reasonToWait } from './attachments';

const aFile = (name: string, size = 1) => new File([new Uint8Array(size)], name);

function refusal(...details: { field: string; message: string }[]): ApiError {
  const error = { code: 'VALIDATION_ERROR', message: 'It said no', details };
  return new ApiError(new Response(null, { status: 422 }), { success: false, error, requestId: 'request-1' });
}

it('takes files while they fit, and says why others do not', () => {
  const there = [aFile('there.pdf', BYTES_MAX - 10)];

  const { taken, leftOut } = chosen(there, [
    aFile('empty.txt', 0),
    aFile('large.pdf', 11),
    aFile('small.txt', 10),
  ]);

  expect(taken.map(({ name }) => name)).toEqual(['small.txt']);
  expect(leftOut).toEqual(['empty.txt is empty', 'large.pdf is too large: 10 MB together are the most']);
});

it('takes ten files', () => {
  const many = Array.from({ length: 11 }, (_, number) => aFile(`${number}.txt`));

  const { taken, leftOut } = chosen([], many);

  expect(taken).toHaveLength(10);
  expect(leftOut).toEqual(['10.txt is one too many: 10 files are the most']);
});

it('says in words why a file could not be uploaded', () => {
  const wrongType = refusal({ field: 'contentType', message: 'must be one of application/pdf' });

  expect(problemOfUpload(wrongType)).toBe('Its type must be one of application/pdf');
  expect(problemOfUpload(refusal())).toBe('It said no');
  expect(problemOfUpload(new UnreachableError())).toBe('No answer from the API');
  expect(problemOfUpload(new UploadError('The storage refused it (403)'))).toBe(
    'The storage refused it (403)',
  );
});

it('waits for files that are being uploaded, and for those that were not', () => {
  const file = aFile('a.txt');
  const uploaded = { key: 1, file, state: 'uploaded', id: '1' } as const;

  expect(reasonToWait([uploaded])).toBeNull();
  expect(reasonToWait([uploaded, { key: 2, file, state: 'uploading', sent: 0.5 }])).toMatch(/being uploaded/);
  expect(reasonToWait([uploaded, { key: 2, file, state: 'failed', problem: 'No', canRepeat: true }])).toMatch(
    /Remove the files/,
  );
});

it('puts what the API says about attachments at the files that were sent', () => {
  const error = refusal(
    { field: 'attachments[1]', message: 'is no file of the type application/pdf' },
    { field: 'attachments', message: 'have too many bytes together' },
    { field: 'subject', message: 'is required' },
  );

  const { byId, together } = problemsOfAttachments(error, ['first', 'second']);

  expect([...byId]).toEqual([['second', 'is no file of the type application/pdf']]);
  expect(together).toBe('have too many bytes together');
});
