// The Vercel AI SDK, through its OpenAI and its Anthropic provider.
import { readFileSync } from 'node:fs';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { generateText, streamText } from 'ai';

const url = process.env['SALLYPORT_URL'] ?? 'http://127.0.0.1:8787';
const key = process.env['SALLYPORT_KEY'] ?? readFileSync('sallyport-data/first.key', 'utf8').trim();
const model = process.env['MODEL'] ?? 'demo';

// The SDK warns of model names that it does not know.
globalThis.AI_SDK_LOG_WARNINGS = false;

const openai = createOpenAI({ baseURL: `${url}/v1`, apiKey: key });
const anthropic = createAnthropic({ baseURL: `${url}/v1`, apiKey: key });

const { text } = await generateText({ model: openai(model), prompt: 'Hello, who are you?' });
console.log('openai:', text);

process.stdout.write('anthropic: ');
for await (const piece of streamText({ model: anthropic(model), prompt: 'Hello, who are you?' }).textStream) process.stdout.write(piece);
process.stdout.write('\n');
