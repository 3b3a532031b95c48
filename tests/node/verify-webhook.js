// Read webhooks, one a line as JSON of secret, headers and body, and write what the library of Standard Webhooks says of
// each, one JSON object a line: the payload, or why it refuses.
import { createInterface } from 'node:readline';
import { Webhook } from 'standardwebhooks';

for await (const line of createInterface({ input: process.stdin })) {
  const { secret, headers, body } = JSON.parse(line);
  let found;
  try {
    found = { payload: new Webhook(secret).verify(body, headers) };
  } catch (error) {
    found = { refusal: error.name };
  }
  process.stdout.write(`${JSON.stringify(found)}\n`);
}
