// Read messages, one in base64 a line, and write what postal-mime finds in each, one JSON object a line.
import { createInterface } from 'node:readline';
import PostalMime from 'postal-mime';

for await (const line of createInterface({ input: process.stdin })) {
  const mail = await PostalMime.parse(Buffer.from(line, 'base64'));
  const { from, replyTo, to, subject, text, messageId, headers, attachments, html } = mail;
  const names = headers.map((header) => header.key);
  const values = Object.fromEntries(headers.map((header) => [header.key, header.value]));
  const files = attachments.map(({ filename, mimeType, disposition, content }) => ({
    filename,
    mimeType,
    disposition,
    content: Buffer.from(content).toString('base64'),
  }));
  process.stdout.write(
    `${JSON.stringify({ from, replyTo, to, subject, text, messageId, names, values, attachments: attachments.length, files, html })}\n`,
  );
}
