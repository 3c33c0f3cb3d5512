// The official Anthropic client: whole, streamed, and tokens counted.
import { readFileSync } from 'node:fs';
import Anthropic from '@anthropic-ai/sdk';

const url = process.env['SALLYPORT_URL'] ?? 'http://127.0.0.1:8787';
const key = process.env['SALLYPORT_KEY'] ?? readFileSync('sallyport-data/first.key', 'utf8').trim();
const model = process.env['MODEL'] ?? 'demo';

// This client adds /v1 itself.
const client = new Anthropic({ baseURL: url, apiKey: key });
const question = { model, messages: [{ role: 'user' as const, content: 'Hello, who are you?' }] };

const message = await client.messages.create({ ...question, max_tokens: 200 });
for (const block of message.content) if (block.type === 'text') console.log('whole:', block.text);

process.stdout.write('streamed: ');
const stream = client.messages.stream({ ...question, max_tokens: 200 });
stream.on('text', (text) => process.stdout.write(text));
await stream.finalMessage();
process.stdout.write('\n');

const { input_tokens: tokens } = await client.messages.countTokens(question);
console.log('tokens:', tokens);
